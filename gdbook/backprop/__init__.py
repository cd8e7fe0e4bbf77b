"""What the chapters on backpropagation take apart: programs as graphs, chains, the walk back."""
