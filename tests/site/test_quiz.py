"""The right answer of a quiz is what the code computed."""

import re

import pytest
from built import CHAPTERS, file_of, having, name_of, parse, text_of

from gdbook.site.markdown.quiz import quiz

OPTIONS = {4: ("four", "Yes."), 8: ("eight", "It would be the cube.")}


def test_the_option_that_agrees_with_the_computation_is_right():
    html = quiz("What is two squared?", answer=2**2, options=OPTIONS)
    assert html.count("data-right") == 1
    assert 'data-option="0" data-right' in html


def test_another_computation_makes_another_option_right():
    assert 'data-option="1" data-right' in quiz("Two cubed?", answer=2**3, options=OPTIONS)


def test_numbers_agree_to_a_part_in_a_thousand():
    assert "data-right" in quiz("π?", answer=3.14159, options={3.1416: ("3.1416", ""), 3.0: ("3", "")})


@pytest.mark.parametrize(("answer", "options"), [(5, OPTIONS), (4, {4.0001: ("a", ""), 4.0002: ("b", "")})])
def test_no_right_option_or_two_stop_the_build(answer, options):
    with pytest.raises(ValueError, match="exactly one option"):
        quiz("?", answer=answer, options=options)


def test_true_is_not_the_number_one():
    with pytest.raises(ValueError, match="exactly one option"):
        quiz("?", answer=True, options={1: ("one", ""), 2: ("two", "")})


def test_every_option_says_why():
    html = quiz("?", answer=4, options=OPTIONS)
    assert "Yes." in html
    assert "It would be the cube." in html


def test_without_a_script_it_is_a_question_with_a_folded_answer():
    html = quiz("?", answer=4, options=OPTIONS)
    assert "<details><summary>Answer</summary>" in html
    assert " hidden>Check</button>" in html


def test_the_same_question_about_something_else_is_another_choice():
    # Radio buttons of one name are one choice: an answer here would take away the answer there.
    other = {4: ("four", "Yes."), 16: ("sixteen", "It would be the fourth power.")}
    names = {re.search('name="(.+?)"', quiz("Two squared?", 4, options))[1] for options in (OPTIONS, other)}
    assert len(names) == 2


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def numbers(text):
    """Its numbers of three digits or more, which do not meet by chance."""
    return {found for found in NUMBER.findall(text) if sum(letter.isdigit() for letter in found) >= 3}


@pytest.mark.parametrize("page", [page for page in CHAPTERS if "find-the-bug" not in page], ids=name_of)
def test_no_right_answer_is_a_number_that_stands_above_the_quiz(page, site):
    """On the page of bugs each bug has its quiz, so there "above" would be another bug."""
    root, _ = parse(file_of(site, page))
    quizzes = having(root, "gd-quiz")
    if not quizzes:
        return
    (article,) = having(root, "md-content__inner")
    above, _, _ = text_of(article).partition(text_of(quizzes[0]))
    for each in quizzes:
        (right,) = [option for option in each.iter("li") if option.get("data-right") is not None]
        label = text_of(each.findall(".//label")[int(right.get("data-option"))])
        question = text_of(each.find(".//legend"))
        assert not (numbers(label) - numbers(question)) & numbers(above), label
