// The lid: walls, and the panel on top. Printed upside down, the top on the bed, without support.
include <shapes.scad>

module display_window() {
  translate([display_x, display_y + display_window_up]) square([display_window_x, display_window_y], center = true);
}

module at_display_holes() {
  for (x = [-1, 1], y = [-1, 1])
    translate([display_x + x * display_hole_x / 2, display_y + y * display_hole_y / 2]) children();
}

module buzzer_holes() {
  translate([buzzer_x, buzzer_y]) {
    circle(d = 2.2);
    for (turn = [0 : 60 : 300]) rotate(turn) translate([5, 0]) circle(d = 2.2);
  }
}

module label() {
  translate([label_x - label_wide / 2, label_y - label_high / 2]) square([label_wide, label_high]);
}

module ring(outside, inside) {
  difference() {
    circle(d = outside);
    circle(d = inside);
  }
}

// Through both walls at once: between them is nothing to cut.
module slots_across() {
  for (at = [8 : slot_apart : 50]) translate([-gap - wall - 1, at - slot / 2]) square([inner_x + 2 * wall + 2, slot]);
}

module slots_along(y, deep) {
  for (at = [8 : slot_apart : 78]) translate([at - slot / 2, y]) square([slot, deep]);
}

module top() {
  difference() {
    outline();
    translate([light_x, light_y]) circle(d = light);
    translate([button_x, button_y]) circle(d = button);
    display_window();
    buzzer_holes();
  }
}

// z = 0 is the lid's rim.
module lid() {
  difference() {
    layer(0, head) difference() {
      outline();
      inside();
      at_corners() circle(d = lid_screw);
    }
    layer(slots_low[0], slots_low[1]) slots_along(board_y + gap - 1, wall + 2);
    layer(slots_high[0], slots_high[1]) {
      slots_across();
      slots_along(-gap - wall - 1, inner_y + 2 * wall + 2);
    }
    notch_long(usb_c_at, plug_usb_c, -1, usb_c_up + plug_usb_c_high / 2);
    notch_long(hdmi_1_at, plug_hdmi, -1, hdmi_up + plug_hdmi_high / 2);
    notch_long(hdmi_2_at, plug_hdmi, -1, hdmi_up + plug_hdmi_high / 2);
    notch_jack(ethernet_at, jack_ethernet, -1, jack_ethernet_high);
    notch_jack(usb_1_at, jack_usb, -1, jack_high);
    notch_jack(usb_2_at, jack_usb, -1, jack_high);
    notch_key(key_at, key_wide, -1, key_high);
  }
  layer(head - light_collar_deep, head) translate([light_x, light_y]) ring(light_collar, light);
  layer(head - buzzer_ring_deep, head) translate([buzzer_x, buzzer_y]) ring(buzzer + 2 * ring_wall, buzzer);
  layer(head - display_deep, head) at_display_holes() ring(display_post, display_screw);
  layer(head, lid_z - label_deep) top();
  layer(lid_z - label_deep, lid_z) difference() {
    top();
    label();
  }
}

lid();
