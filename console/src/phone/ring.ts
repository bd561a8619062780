import { useEffect } from "react";

/** The tone of a phone that rings here: 425 Hz, a second on and three off, as Belgian exchanges play it. */
export function useRing(rings: boolean) {
  useEffect(() => {
    if (!rings) return;
    const context = new AudioContext();
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = 425;
    volume.gain.value = 0;
    for (let at = 0; at < 180; at += 4) {
      volume.gain.setValueAtTime(0.08, context.currentTime + at);
      volume.gain.setValueAtTime(0, context.currentTime + at + 1);
    }
    tone.connect(volume).connect(context.destination);
    tone.start();
    return () => void context.close();
  }, [rings]);
}
