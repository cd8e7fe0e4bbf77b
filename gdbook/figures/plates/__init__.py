"""Plates, a module for each chapter that has some, under the chapter's name."""
