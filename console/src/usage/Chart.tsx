import { useFormats } from "../i18n/format";
import type { Bar } from "./figures";

const HEIGHT = 180;
const WIDTH = 28;

/** Bars by day. The table under it says the same in text. */
export function Chart({ bars, title, unit }: { bars: Bar[]; title: string; unit: string }) {
  const { day, shortDay, number } = useFormats();
  const every = Math.ceil(bars.length / 10);
  return (
    <svg viewBox={`0 0 ${bars.length * WIDTH} ${HEIGHT + 26}`} width="100%" style={{ maxHeight: 260 }} role="img" aria-label={title} preserveAspectRatio="xMidYMax meet">
      <line x1={0} x2={bars.length * WIDTH} y1={HEIGHT} y2={HEIGHT} stroke="var(--mantine-color-default-border)" />
      {bars.map((bar, at) => (
        <g key={bar.day}>
          <rect x={at * WIDTH + 4} width={WIDTH - 8} y={HEIGHT - bar.height * (HEIGHT - 12)} height={bar.height * (HEIGHT - 12)} rx={3} fill="var(--mantine-primary-color-filled)">
            <title>{`${day(bar.day)}: ${number(bar.shown)} ${unit}`}</title>
          </rect>
          {at % every === 0 && <text x={at === 0 ? 0 : at * WIDTH + WIDTH / 2} y={HEIGHT + 18} textAnchor={at === 0 ? "start" : "middle"} fontSize={11} fill="var(--mantine-color-text)">{shortDay(bar.day)}</text>}
        </g>
      ))}
    </svg>
  );
}
