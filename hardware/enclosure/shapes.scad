// What tray and lid have in common.
include <parameters.scad>

$fa = 10;
$fs = $preview ? 0.3 : 0.9;

module rounded(x, y, radius) {
  offset(radius) offset(-radius) square([x, y]);
}

// The inside, seen from above; `more` is added on every side.
module inside(more = 0) {
  translate([-gap - more, -gap - more]) rounded(inner_x + 2 * more, inner_y + 2 * more, 3 + more);
}

module at_corners() {
  for (x = [-column_out, board_x + column_out], y = [-column_out, board_y + column_out]) translate([x, y]) children();
}

module at_board_holes() {
  for (x = [0, hole_x], y = [0, hole_y]) translate([hole_inset + x, hole_inset + y]) children();
}

// The outline: walls, and a column at each corner that keeps clear of the board.
module outline() {
  inside(wall);
  at_corners() circle(d = column);
}

// Openings for plugs and jacks, from `from` to `to` (z). Every one of them ends at the rim of lid or tray, so that it is a
// notch, and nothing is printed over air.
module notch_long(at, wide, from, to) {  // on the long side y = 0
  translate([at - wide / 2, -gap - wall - 1, from]) cube([wide, wall + 2, to - from]);
}

module notch_jack(at, wide, from, to) {  // on the short side with USB
  translate([board_x + gap - 1, at - wide / 2, from]) cube([wall + 2, wide, to - from]);
}

module notch_key(at, wide, from, to) {  // on the short side with the power key
  translate([-gap - wall - 1, at - wide / 2, from]) cube([wall + 2, wide, to - from]);
}

// What is drawn as seen from above, drawn up from one height to another. One layer with forty slots is
// much quicker to cut than forty slots.
module layer(from, to) {
  translate([0, 0, from]) linear_extrude(to - from, convexity = 20) children();
}
