/** How a feed comes into step with the clock. Pure. */

/** From here on a feed is corrected, and until here. A picture more or less is no drift. */
const BEGINS = 0.02;
const ENDS = 0.006;
/** Gone within about so many seconds. */
const WITHIN = 0.4;
/** So much faster or slower is not heard; where there is no sound, or where it only just comes in, more will do. */
const MOST = 0.08;
const MOST_AT_ALL = 0.25;
const COMES_IN = 0.1;
/** Further away it is sought. */
const FAR = 0.5;

export interface Correction {
  rate: number;
  seek: boolean;
}

/** `behind`: seconds of recording that the feed is behind the clock (ahead: negative); `correcting`: it was being corrected; `heard`: with sound. */
export function correct(behind: number, speed: number, correcting: boolean, heard = true): Correction {
  const off = Math.abs(behind);
  if (off > FAR * Math.max(1, speed)) return { rate: speed, seek: true };
  if (off < (correcting ? ENDS : BEGINS)) return { rate: speed, seek: false };
  const most = heard && off < COMES_IN ? MOST : MOST_AT_ALL;
  const share = Math.max(-most, Math.min(most, behind / WITHIN / speed));
  return { rate: speed * (1 + share), seek: false };
}

/** How far the feeds are apart, ms: `errors` are seconds between each picture and the clock at the time it was shown. */
export function spread(errors: readonly number[]): number {
  return errors.length < 2 ? 0 : (Math.max(...errors) - Math.min(...errors)) * 1000;
}
