// Every measure of the enclosure, in millimetres. Change them here; the parts follow. The tests read this file, so an
// expression uses nothing but numbers, + - * / and names from above.
//
// Where is what: x runs along the board's long side, y across it, z up. 0 is the board's corner at USB-C (x = 0, y = 0), and
// z = 0 is the tray's underside. The board's measures are the Raspberry Pi 5's, from its mechanical drawing.

// The board
board_x = 85;
board_y = 56;
board_z = 1.6;
hole_inset = 3.5;        // of the mounting holes from the corner
hole_x = 58;             // from hole to hole
hole_y = 49;
hole = 2.7;

// Its connectors: the middle along the edge, then width and height of the opening
usb_c_at = 11.2;
hdmi_1_at = 25.8;
hdmi_2_at = 39.2;
ethernet_at = 10.2;
usb_1_at = 29.1;
usb_2_at = 47;
key_at = 18.4;           // the power key, and the light beside it, on the short side x = 0
header_at = 52.5;        // the middle of the 40-pin header, across the board
plug_usb_c = 13;         // a USB-C plug with its sleeve
plug_usb_c_high = 8;
usb_c_up = 1.6;          // the connector's middle above the board
plug_hdmi = 11.2;
plug_hdmi_high = 8;
hdmi_up = 1.7;
jack_ethernet = 17;
jack_ethernet_high = 15;
jack_usb = 15.2;
jack_high = 17;          // of USB, above the board
key_wide = 10;
key_high = 5;
card_wide = 14;          // the memory card, under the board
jack_out = 3;            // how far USB stands out of the board

// Walls
wall = 2.4;
floor_z = 2.4;
top_z = 2.4;
gap = 1;                 // between board and wall
under = 5;               // below the board: what sticks out of it, and air
head = 52;               // above the board: cooler, M.2 HAT+, plugs on its pins, and the button's 30 mm

// Screws
standoff = 6;
board_screw = 2.8;       // an M2.5 screw from below, through tray and board, into a nut or the spacer of the M.2 HAT+
column = 9;              // at the corners; an M3 screw holds the lid
column_out = 3.2;         // its middle, outside the board's corner
lid_screw = 2.6;         // an M3 screw cuts its own thread in it, up to the high slots
lid_screw_through = 3.4;
lid_screw_head = 6.4;
lid_screw_head_deep = 2;

// The panel, in the lid: where the middle is
light_x = 75;
light_y = 46;
light = 5.1;             // a 5 mm LED, pushed in from inside
light_collar = 9;
light_collar_deep = 5;
button_x = 75;
button_y = 22;
button = 16.2;
display_x = 25;
display_y = 34;
display_module_x = 27.3; // 0.96 in modules differ by up to 1 mm: measure yours
display_module_y = 27.8;
display_window_x = 24;   // 21.8 x 10.9 shine; the rest is for modules that differ
display_window_y = 13.4;
display_window_up = 1.5; // the window's middle, towards the module's pins
display_hole_x = 23.5;
display_hole_y = 23.8;
display_post = 4.6;
display_screw = 1.7;     // an M2 screw cuts its own thread in it
display_deep = 2;        // the glass stands out of the module by so much
buzzer_x = 52;
buzzer_y = 38;
buzzer = 22.6;           // a 22 mm sounder, glued into a ring
buzzer_ring_deep = 4;
ring_wall = 2;
label_x = 31;            // a shallow field for the box's name and number
label_y = 9;
label_wide = 52;
label_high = 13;
label_deep = 0.6;

// Air
slot = 2.4;
slot_apart = 5;
slots_low = [6, 18];     // above the board: air in
slots_high = [30, 42];   // and out

// What follows
rim = floor_z + under + board_z;                   // where tray and lid meet: the board's upper side
inner_x = board_x + 2 * gap;
inner_y = board_y + 2 * gap;
low = 0 - column_out - column / 2;                 // the columns' outside, on either axis
outer_x = board_x + 2 * column_out + column;
outer_y = board_y + 2 * column_out + column;
lid_z = head + top_z;
outer_z = rim + lid_z;
