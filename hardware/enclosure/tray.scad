// The bottom: it carries the board. Printed as it stands, without support.
include <shapes.scad>

// Air from below: the box stands on feet.
module slots() {
  for (x = [14 : slot_apart : 56]) translate([x - slot / 2, 14]) square([slot, 28]);
}

module tray() {
  difference() {
    layer(0, rim) difference() {
      outline();
      at_board_holes() circle(d = board_screw);
      at_corners() circle(d = lid_screw_through);
      slots();
    }
    layer(floor_z, floor_z + under) difference() {
      inside();
      at_board_holes() circle(d = standoff);
    }
    layer(floor_z + under - ($preview ? 0.01 : 0), rim + 1) inside();  // in a preview, faces that meet flicker
    layer(-1, lid_screw_head_deep) at_corners() circle(d = lid_screw_head);
    // Sleeves of plugs are thicker than the connectors: they reach below the board's upper side.
    notch_long(usb_c_at, plug_usb_c, rim + usb_c_up - plug_usb_c_high / 2, rim + 1);
    notch_long(hdmi_1_at, plug_hdmi, rim + hdmi_up - plug_hdmi_high / 2, rim + 1);
    notch_long(hdmi_2_at, plug_hdmi, rim + hdmi_up - plug_hdmi_high / 2, rim + 1);
    notch_key(board_y / 2, card_wide, floor_z + 1, rim + 1);
  }
}

tray();
