import { Alert, Button, Group, Stack, Switch, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { Level } from "../phone/Level";
import { microphone, type MicrophoneFault } from "../phone/microphone";
import { usePhoneWords } from "../phone/words";
import { Fault } from "../shell/Fault";
import { Headset } from "./headset";
import { useHandsetWords } from "./words";

/** Whether this browser speaks and hears for the phone. The microphone is asked for when it is turned on, and used in calls only. */
export function SoundSwitch({ on, set }: { on: boolean; set: (on: boolean) => void }) {
  const h = useHandsetWords();
  const w = usePhoneWords();
  const [fault, setFault] = useState<MicrophoneFault | null>(null);
  const turn = async (wanted: boolean) => {
    const found = wanted ? await microphone() : null;
    setFault(found);
    set(wanted && found === null);
  };
  return (
    <Stack gap="xs" mb="md">
      <Switch label={h("sound")} description={h("sound.about")} checked={on} onChange={(event) => void turn(event.currentTarget.checked)} />
      {fault && <Alert variant="outline" color="red" role="alert" p="xs">{w(`fault.${fault}`)}</Alert>}
    </Stack>
  );
}

/** The sound of a call that was answered: as long as this is shown, the browser is in it. */
export function Sound({ number, sid }: { number: string; sid: string }) {
  const h = useHandsetWords();
  const w = usePhoneWords();
  const [headset, setHeadset] = useState<Headset | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [muted, setMuted] = useState(false);
  const heard = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    let joined: Headset | null = null;
    let shown = true;
    Headset.join(number, sid).then((ready) => {
      joined = ready;
      if (!shown) return ready.leave();
      setHeadset(ready);
      if (heard.current) heard.current.srcObject = ready.far;
    }, (failed: Error) => { if (shown) setError(failed); });
    return () => {
      shown = false;
      joined?.leave();
    };
  }, [number, sid]);
  const mute = () => {
    headset?.mute(!muted);
    setMuted(!muted);
  };
  return (
    <Stack gap="xs" mt="md">
      {/* It is a live call: there is nothing to caption. */}
      <audio ref={heard} autoPlay />
      <Fault error={error} />
      {!headset && !error && <Text size="sm" role="status">{h("sound.joining")}</Text>}
      {headset && <Level label={w("near")} stream={headset.near} />}
      {headset && <Level label={w("far")} stream={headset.far} />}
      {headset && <Group><Button variant="default" aria-pressed={muted} onClick={mute}>{w(muted ? "unmute" : "mute")}</Button></Group>}
    </Stack>
  );
}
