import { Anchor, Group, Paper, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { accountPath } from "../api/client";
import { type Row, text } from "../api/lists";
import { useSession } from "../api/session";
import { useI18n } from "../i18n";
import { useFormats } from "../i18n/format";
import { When } from "../shell/show";
import { peaks } from "./timeline";

const SLICES = 240;
/** Longer recordings are heard without a picture: they would have to be decoded whole. */
const DRAWN_S_MAX = 900;

/** One recording: its picture, the player, and the file. */
export function Recording({ row }: { row: Row }) {
  const { t } = useI18n();
  const { seconds } = useFormats();
  const { account_sid } = useSession();
  const file = `${accountPath(account_sid)}/Recordings/${text(row, "sid")}`;
  const done = text(row, "status") === "completed";
  const drawn = useQuery({
    queryKey: ["waveform", text(row, "sid")],
    enabled: done && Number(text(row, "duration")) <= DRAWN_S_MAX,
    staleTime: Infinity,
    retry: false,
    queryFn: async () => {
      const answer = await fetch(`${file}.wav`);
      if (!answer.ok) return [];
      const audio = await new OfflineAudioContext(1, 1, 8_000).decodeAudioData(await answer.arrayBuffer());
      return peaks(audio.getChannelData(0), SLICES);
    },
  });
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Group justify="space-between"><Text size="sm"><When value={text(row, "date_created")} /> · {seconds(text(row, "duration"))}</Text>
          {done && <Group gap="md"><Anchor href={`${file}.wav`} download underline="always">WAV</Anchor><Anchor href={`${file}.mp3`} download underline="always">MP3</Anchor></Group>}
        </Group>
        {drawn.data && drawn.data.length > 0 && <Waveform values={drawn.data} />}
        {done ? <audio controls preload="none" style={{ width: "100%" }} aria-label={t("field.listen")} src={`${file}.wav`} /> : <Text>{text(row, "status")}</Text>}
      </Stack>
    </Paper>
  );
}

/** Only a picture: the player beside it is what is used. */
function Waveform({ values }: { values: number[] }) {
  return (
    <svg viewBox={`0 0 ${values.length} 40`} width="100%" height={48} preserveAspectRatio="none" aria-hidden="true">
      {values.map((value, at) => <rect key={at} x={at + 0.1} width={0.8} y={20 - Math.max(0.4, value * 19)} height={Math.max(0.8, value * 38)} fill="var(--mantine-primary-color-filled)" />)}
    </svg>
  );
}
