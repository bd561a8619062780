import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { useMay, useSession } from "../api/session";

/** Somebody or something to call, as it is dialled and as it is shown; `turn` tells a second wish for the same from the first. */
export interface Wish { to: string; name: string; turn: number }

export interface Talking { to: string; identity: string }

interface Desk {
  /** Calls cost money: they are for those who may start them by the API too. */
  allowed: boolean;
  opened: boolean;
  setOpened: (opened: boolean) => void;
  wish: Wish | null;
  /** Opens the phone and calls. */
  call: (to: string, name: string) => void;
  /** What is being called or talked to now, as it was dialled, and who calls. */
  talking: Talking | null;
  setTalking: (talking: Talking | null) => void;
}

const Context = createContext<Desk | null>(null);

/** The softphone as the rest of the console knows it. The phone itself is loaded when it is first opened. */
export function PhoneProvider({ children }: { children: ReactNode }) {
  const { home } = useSession();
  const { develop } = useMay();
  // It is the phone of the person, who belongs to their own account.
  const allowed = develop && home === null;
  const [opened, setOpened] = useState(false);
  const [wish, setWish] = useState<Wish | null>(null);
  const [talking, setTalking] = useState<Talking | null>(null);
  const desk = useMemo(() => {
    const call = (to: string, name: string) => {
      setWish((before) => ({ to, name, turn: (before?.turn ?? 0) + 1 }));
      setOpened(true);
    };
    return { allowed, opened, setOpened, wish, call, talking, setTalking };
  }, [allowed, opened, wish, talking]);
  return <Context.Provider value={desk}>{children}</Context.Provider>;
}

export function useDesk(): Desk {
  const desk = useContext(Context);
  if (!desk) throw new Error("outside of PhoneProvider");
  return desk;
}
