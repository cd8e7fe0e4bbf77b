// A quiz without this script is a question with a folded answer. With it, the reader can check
// a choice and hears or reads why it is right or wrong.
class Quiz extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    const status = this.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", () => this.check(status));
    this.addEventListener("change", () => {
      status.replaceChildren();
      this.removeAttribute("data-result");
    });
    this.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input")) this.check(status);
    });
  }

  check(status) {
    const chosen = this.querySelector("input:checked");
    if (!chosen) {
      status.textContent = "Choose an answer first.";
      return;
    }
    const reason = this.querySelector(`[data-option="${chosen.value}"]`);
    const right = reason.hasAttribute("data-right");
    this.dataset.result = right ? "right" : "wrong";
    const verdict = document.createElement("strong");
    verdict.textContent = right ? "Right. " : "Not quite. ";
    status.replaceChildren(verdict, reason.querySelector(".gd-why").cloneNode(true));
  }
}
customElements.define("gd-quiz", Quiz);
