/** The moment that is shown, in wall seconds. Pure: `now` is any clock of seconds that only goes forward. */

export class Clock {
  private wall: number;
  private since = 0;
  private pace = 1;
  running = false;

  constructor(wall: number) {
    this.wall = wall;
  }

  at(now: number): number {
    return this.running ? this.wall + (now - this.since) * this.pace : this.wall;
  }

  run(now: number): void {
    if (this.running) return;
    this.since = now;
    this.running = true;
  }

  hold(now: number): void {
    this.wall = this.at(now);
    this.running = false;
  }

  set(wall: number, now: number): void {
    this.wall = wall;
    this.since = now;
  }

  get speed(): number {
    return this.pace;
  }

  accelerate(speed: number, now: number): void {
    this.set(this.at(now), now);
    this.pace = speed;
  }

  /** Go with the feed that leads: its media run by their own clock, and this one must not run away from it. */
  follow(wall: number, now: number): void {
    if (this.running) this.set(wall, now);
  }
}
