/** Socket.IO to the box: pushes only. What was missed is asked for again, so a lost push is harmless. */

import { io, type Socket } from "socket.io-client";

export function connect(): Socket {
  return io({ transports: ["websocket", "polling"], reconnectionDelay: 500, reconnectionDelayMax: 3000, timeout: 8000 });
}
