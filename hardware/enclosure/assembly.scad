// The pictures of README.md: `step` says which. Nothing of it is printed.
use <tray.scad>
use <lid.scad>
use <stand_ins.scad>
include <shapes.scad>

step = "closed";

shell = "Gainsboro";

// A pin of the header by its number, as in pinout.toml: odd ones are the inner row, even ones the board's edge.
function pin(number) = [
  32.5 - 24.13 + 2.54 * floor((number - 1) / 2),
  header_at + (number % 2 == 0 ? 1.27 : -1.27),
  floor_z + under + board_z + 8
];

module lid_on(lifted = 0) {
  translate([0, 0, rim + lifted]) children();
}

// The lid lies open behind the tray, its inside up.
module lid_open() {
  translate([0, 2 * board_y + 30, lid_z]) rotate([180, 0, 0]) children();
}

function open_lid(x, y, deep) = [x, 2 * board_y + 30 - y, top_z + deep];

module board_in(lifted = 0) {
  translate([0, 0, floor_z + under + lifted]) {
    if ($children) children();
    else board();
  }
}

module from_below() {
  mirror([0, 0, 1]) children();
}

if (step == "parts") {
  color(shell) tray();
  board_in(22);
  lid_on(62) color(shell) lid();
  lid_on(62) push_button(34);
  translate([0, 0, 62]) lid_on() panel_parts(0);
  translate([0, 0, -26]) {
    at_corners() from_below() screws(16, 5.6);
    at_board_holes() from_below() screws(12, 4.6);
  }
}

if (step == "board") {
  color(shell) tray();
  board_in();
  translate([0, 0, -24]) at_board_holes() from_below() screws(12, 4.6);
}

if (step == "disk") {
  color(shell) tray();
  board_in();
  board_in() disk_board();
}

if (step == "lid") {
  lid_open() {
    color(shell) lid();
    panel_parts();
    push_button();
  }
}

if (step == "wires") {
  color(shell) tray();
  board_in();
  lid_open() {
    color(shell) lid();
    panel_parts();
    push_button();
  }
  display = display_y + display_module_y / 2 - 2;
  wire("Orange", pin(1), open_lid(display_x - 3.8, display, 12), -114);
  wire("White", pin(3), open_lid(display_x - 1.3, display, 12), -118);
  wire("Gray", pin(5), open_lid(display_x + 1.3, display, 12), -122);
  wire("Black", pin(6), open_lid(display_x + 3.8, display, 12), -126);
  wire("Black", pin(9), open_lid(light_x - 0.6, light_y, 14), -118);
  wire("Red", pin(11), open_lid(light_x - 1.9, light_y, 14), -122);
  wire("Green", pin(13), open_lid(light_x + 0.6, light_y, 14), -126);
  wire("Blue", pin(15), open_lid(light_x + 1.9, light_y, 14), -130);
  wire("Violet", pin(12), open_lid(buzzer_x - 4, buzzer_y, 8), -118);
  wire("Black", pin(14), open_lid(buzzer_x + 4, buzzer_y, 8), -122);
  wire("Gold", pin(16), open_lid(button_x - 3, button_y, 25), -118);
  wire("Black", pin(20), open_lid(button_x + 3, button_y, 25), -122);
}

if (step == "closed") {
  color(shell) tray();
  board_in();
  lid_on() {
    color(shell) lid();
    panel_parts();
    push_button();
  }
}
