import { Group, Progress, Text } from "@mantine/core";
import { useEffect, useState } from "react";

/** How often a level is looked at, in milliseconds. */
const LOOK_MS = 100;

/** How loud a stream is: 0 is silence, 100 as loud as can be. */
export function Level({ label, stream }: { label: string; stream: MediaStream }) {
  const [level, setLevel] = useState(0);
  useEffect(() => {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      setLevel(loudness(samples));
    }, LOOK_MS);
    return () => {
      clearInterval(timer);
      void context.close();
    };
  }, [stream]);
  return (
    <Group gap="xs" wrap="nowrap">
      <Text size="xs" w={92} lh={1.2} aria-hidden>{label}</Text>
      <div role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={level} style={{ flex: 1 }}>
        <Progress value={level} size="sm" transitionDuration={LOOK_MS} aria-hidden styles={{ section: { backgroundColor: "var(--mantine-color-teal-7)" } }} />
      </div>
    </Group>
  );
}

/** Speech lies between -50 and -10 dB of full scale: that is the whole meter. */
export function loudness(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(samples.length, 1);
  const db = 10 * Math.log10(power + 1e-12);
  return Math.round(Math.min(Math.max((db + 50) / 40, 0), 1) * 100);
}
