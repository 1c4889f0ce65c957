/** Socket.IO to the box: pushes only. What was missed is asked for again, so a lost push is harmless. */

import { io, type Socket } from "socket.io-client";

const REFUSED_MS = 5000;

export function connect(): Socket {
  const socket = io({ transports: ["websocket", "polling"], reconnectionDelay: 500, reconnectionDelayMax: 3000, timeout: 8000 });
  // Refused (too many pages at once): Socket.IO would not come back by itself.
  socket.on("connect_error", () => {
    if (!socket.active) setTimeout(() => socket.connect(), REFUSED_MS);
  });
  return socket;
}
