// Icons as lines of 24 by 24, drawn here so that they do not depend on the fonts of a machine.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  eye: "M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12zM12 9.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z",
  forum: "M3.5 4.5h17v11h-9l-4.5 4v-4h-3.5zM7.5 8.3h9M7.5 11.7h6",
  forward: "M13.5 5.5 20.5 12l-7 6.5v-4c-5 0-8 1.3-10 4.5.6-5.6 3.8-9 10-9.500z",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  megaphone: "M4 10v4h3l10 5V5L7 10zM7.5 14.5 9 19.500M20 10v4",
  speaker: "M4 9.500v5h3.500L13 19V5L7.5 9.500zM16 9a4 4 0 0 1 0 6M18.5 6.500a7.5 7.5 0 0 1 0 11",
  thread: "M4.5 4v7.500a3 3 0 0 0 3 3H19M15 10.500l4 4-4 4",
  file: "M6 2.8h8l4.5 4.5v13.9H6zM13.5 3v5h5M9 13h6.5M9 16.5h6.5",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon-lines");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
