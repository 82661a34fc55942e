// Runs once when the console's page opens. A notice of before goes when the next button is pressed, so that
// "没有完成" never stands beside the success that came after it.
() => {
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("button") || event.target.closest(".toast-wrap")) return;
    document.querySelectorAll(".toast-wrap .toast-close").forEach((close) => close.click());
  }, true);
}
