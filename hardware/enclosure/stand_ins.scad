// What is bought, as plain shapes for the pictures. Nothing of it is printed.
include <shapes.scad>

module block(colour, x, y, z, wide, deep, high) {
  color(colour) translate([x, y, z]) cube([wide, deep, high]);
}

// z = 0 is the board's underside.
module board() {
  color("SeaGreen") layer(0, board_z) difference() {
    rounded(board_x, board_y, 3);
    at_board_holes() circle(d = hole);
  }
  translate([0, 0, board_z]) {
    block("Silver", usb_c_at - 4.5, -1, 0, 9, 7.4, 3.2);
    block("Silver", hdmi_1_at - 3.3, -1, 0, 6.6, 7.5, 3.4);
    block("Silver", hdmi_2_at - 3.3, -1, 0, 6.6, 7.5, 3.4);
    block("Silver", board_x - 18.5, ethernet_at - 8, 0, 21, 16, 13.5);
    block("Silver", board_x - 14.5, usb_1_at - 6.6, 0, 14.5 + jack_out, 13.2, 16);
    block("Silver", board_x - 14.5, usb_2_at - 6.6, 0, 14.5 + jack_out, 13.2, 16);
    block("DimGray", 32.5 - 25.4, header_at - 2.5, 0, 50.8, 5, 2.5);
    for (x = [0 : 19], y = [-1, 1]) block("Gold", 32.5 - 24.13 + 2.54 * x - 0.3, header_at + y * 1.27 - 0.3, 2.5, 0.6, 0.6, 6);
    block("DimGray", -1, key_at - 2, 0.4, 3, 4, 2);
    cooler();
  }
}

// The M.2 HAT+ on its spacers, with a disk and the stacking header.
module disk_board() {
  color("Goldenrod") translate([0, 0, board_z]) at_board_holes() cylinder(d = 5, h = 16, $fn = 6);
  translate([0, 0, board_z + 16]) {
    color("SeaGreen") layer(0, board_z) rounded(65, board_y, 3);
    block("MidnightBlue", 14, 16, 3, 42, 22, 1.4);
    block("DimGray", 32.5 - 25.4, header_at - 2.5, board_z, 50.8, 5, 2);
    for (x = [0 : 19], y = [-1, 1]) block("Gold", 32.5 - 24.13 + 2.54 * x - 0.3, header_at + y * 1.27 - 0.3, 3.6, 0.6, 0.6, 6);
  }
}

module cooler() {
  block("Gainsboro", 9, 12, 2, 56, 34, 2);
  for (x = [10 : 3 : 40]) block("Gainsboro", x, 13, 4, 1, 32, 8);
  color("DimGray") translate([53, 29, 4]) cylinder(d = 22, h = 8);
}

// The panel's parts, as they sit in a lid whose rim is z = 0; `out` draws them out of it, downwards.
module panel_parts(out = 0) {
  translate([0, 0, -out]) {
    color("White", 0.85) translate([light_x, light_y, head + top_z + 1]) {
      sphere(d = 5);
      translate([0, 0, -6]) cylinder(d = 5, h = 6);
    }
    for (x = [-1.9, -0.6, 0.6, 1.9]) block("Silver", light_x + x - 0.25, light_y - 0.25, head - 14, 0.5, 0.5, 12);
    translate([display_x - display_module_x / 2, display_y - display_module_y / 2, head - display_deep - 1.2]) {
      block("MidnightBlue", 0, 0, 0, display_module_x, display_module_y, 1.2);
      block("Black", 0.5, 5, 1.2, display_module_x - 1, 19, 1.6);
      for (x = [-1.5 : 1 : 1.5]) block("Gold", display_module_x / 2 + 2.54 * x - 0.3, display_module_y - 2, -8, 0.6, 0.6, 8);
    }
    color("DarkSlateGray") translate([buzzer_x, buzzer_y, head - 7]) cylinder(d = 22, h = 7);
  }
}

// The button comes from outside; its nut goes on from inside.
module push_button(out = 0) {
  translate([button_x, button_y, head + top_z + out]) {
    color("DimGray") cylinder(d = 18.5, h = 2);
    color("RoyalBlue") translate([0, 0, 2]) cylinder(d = 13, h = 1.6);
    color("DimGray") translate([0, 0, -24]) cylinder(d = 15, h = 24);
    color("Silver") translate([0, 0, -top_z - 3.2 - out * 1.6]) difference() {
      cylinder(d = 21, h = 3, $fn = 6);
      translate([0, 0, -1]) cylinder(d = 15.4, h = 5);
    }
  }
}

module screws(length, head_wide) {
  color("Silver") {
    cylinder(d = head_wide, h = 2);
    translate([0, 0, -length]) cylinder(d = head_wide / 2, h = length);
  }
}

// A wire that hangs between two points.
module wire(colour, from, to, sag = 14) {
  middle = (from + to) / 2 - [0, 0, sag];
  at = [for (t = [0 : 0.1 : 1.001]) (1 - t) * (1 - t) * from + 2 * t * (1 - t) * middle + t * t * to];
  color(colour) for (i = [0 : 9]) hull() {
    translate(at[i]) sphere(d = 1.3, $fn = 8);
    translate(at[i + 1]) sphere(d = 1.3, $fn = 8);
  }
}
