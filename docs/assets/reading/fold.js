// Folded parts open for a link that leads into them, and for the printer, for whom the answers of the
// quizzes stand together at the end.
import { target } from "./address.js";

function reveal() {
  const place = target();
  let folded = place?.closest("details:not([open])");
  if (!folded) return;
  for (; folded; folded = folded.parentElement.closest("details:not([open])")) folded.open = true;
  place.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();

let opened = [];
let answers; // on paper: a section of its own
function print(starts) {
  if (starts) opened.push(...document.querySelectorAll("article details:not([open])"));
  for (const details of opened) details.open = starts;
  if (!starts) opened = [];
  if (starts && !answers) gather();
  else if (!starts) putBack();
}

function gather() {
  const quizzes = [...document.querySelectorAll("article .gd-quiz")];
  if (!quizzes.length) return;
  answers = document.createElement("section");
  answers.className = "gd-answers";
  const heading = document.createElement("h2");
  heading.textContent = "Answers";
  answers.append(heading);
  for (const quiz of quizzes) {
    const question = document.createElement("p");
    question.append(...quiz.querySelector("legend").cloneNode(true).childNodes);
    const answer = quiz.querySelector("details");
    answer.quiz = quiz;
    answers.append(question, answer);
  }
  document.querySelector("article").append(answers);
}

function putBack() {
  for (const answer of answers?.querySelectorAll("details") ?? []) answer.quiz.append(answer);
  answers?.remove();
  answers = undefined;
}

addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));
matchMedia("print").addEventListener("change", ({ matches }) => print(matches));
