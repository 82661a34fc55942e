// Brings the cited words into view and gives them to screen readers as the place to start from.
const cited = document.getElementById("cited");
if (cited) {
  cited.tabIndex = -1;
  cited.scrollIntoView({ block: "center" });
  cited.focus({ preventScroll: true });
}
