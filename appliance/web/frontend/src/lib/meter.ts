/** How loud the microphone is: 0 to 100, ten times a second. Nothing leaves this page. */

/** Root mean square of samples (-1..1) on a scale that ears agree with: -60 dB is 0, 0 dB is 100. */
export function level(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-9);
  return Math.round(Math.min(100, Math.max(0, ((decibels + 60) / 60) * 100)));
}

/** Watches until the returned function is called. */
export function watchLevel(stream: MediaStream, show: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    if (context.state === "suspended") void context.resume();
    analyser.getFloatTimeDomainData(samples);
    show(level(samples));
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
