// What is wider than the page scrolls by itself; then the keyboard has to reach it.
function reachable() {
  const boxes = "div.math, span.math, .pst-scrollable-table-container, div.cell_output pre";
  for (const box of document.querySelectorAll(boxes)) {
    if (box.scrollWidth > box.clientWidth + 1) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  }
}
document.addEventListener("formulas-drawn", reachable);
window.addEventListener("load", reachable);
window.addEventListener("resize", reachable);
// The theme calls its search button "Search", but writes "Search Ctrl+K" on it: the words hold.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll(".search-button-field")) button.removeAttribute("aria-label");
});
