/** SIP.js behind what a phone does. It knows nothing of the page; whoever looks is told of each new {@link LineState}. */
import { Invitation, Inviter, Registerer, RegistererState, type Session, SessionState, UserAgent, Web } from "sip.js";
import { microphone, type MicrophoneFault } from "./microphone";
import type { Target } from "./target";
import { type TextLine, written } from "./text";

/** Why it does not work; the words for each say what to do. */
export type LineFault = MicrophoneFault | "unreachable" | "refused" | "notPublished" | "noCredit" | "busy" | "noAnswer" | "notFound" | "failed";

export interface Talk {
  /** Call-ID of SIP. */
  id: string;
  peer: string;
  incoming: boolean;
  phase: "ringing" | "talking";
  muted: boolean;
  /** What both ends have typed; `null` while the other end takes no text. */
  lines: readonly TextLine[] | null;
}

export interface LineState {
  state: "off" | "connecting" | "on";
  identity: string;
  talk: Talk | null;
  /** The call that is over, until the next one. */
  last: { id: string; answered: boolean } | null;
  fault: LineFault | null;
}

export interface Pass { identity: string; token: string; lifetime_s: number }

/** Waits between attempts to connect again, in milliseconds; the last one is repeated. */
const WAITS_MS = [1_000, 2_000, 5_000, 15_000];
/** A registration is refreshed well before its token ends. */
const RENEW_AT = 0.75;

const FAULTS: Record<number, LineFault> = { 404: "notFound", 408: "noAnswer", 480: "noAnswer", 486: "busy", 487: "noAnswer", 600: "busy", 603: "busy" };

export class Line {
  #state: LineState = { state: "off", identity: "", talk: null, last: null, fault: null };
  #listeners = new Set<() => void>();
  #agent: UserAgent | null = null;
  #registerer: Registerer | null = null;
  #session: Session | null = null;
  #text: RTCDataChannel | null = null;
  #pass: Pass | null = null;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #retries = 0;

  constructor(readonly server: string, readonly ask: () => Promise<Pass>) {}

  readonly snapshot = (): LineState => this.#state;
  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  };

  #set(next: Partial<LineState>) {
    this.#state = { ...this.#state, ...next };
    for (const listener of this.#listeners) listener();
  }

  /** Asks for the microphone, connects and registers. Rejects where the platform refuses the token. */
  async start() {
    if (this.#state.state !== "off") return;
    this.#set({ state: "connecting", fault: null });
    const fault = await microphone();
    if (fault) return this.#set({ state: "off", fault });
    try {
      this.#pass = await this.ask();
    } catch (error) {
      this.#set({ state: "off", fault: "refused" });
      throw error;
    }
    const agent = new UserAgent({
      uri: uriOf(this.#pass.identity, location.hostname),
      transportOptions: { server: this.server, keepAliveInterval: 30 },
      sessionDescriptionHandlerFactoryOptions: { iceGatheringTimeout: 500, peerConnectionConfiguration: { iceServers: [] } },
      logBuiltinEnabled: false,
      delegate: {
        onInvite: (invitation) => this.#ring(invitation),
        onDisconnect: (error) => { if (error) this.#lost(); },
      },
    });
    this.#agent = agent;
    await this.#connect(() => agent.start());
  }

  async #connect(how: () => Promise<void>) {
    try {
      await how();
      await this.#register();
      this.#retries = 0;
    } catch {
      this.#lost();
    }
  }

  async #register() {
    if (!this.#agent || !this.#pass) return;
    const registerer = new Registerer(this.#agent, { expires: 600, extraHeaders: bearer(this.#pass) });
    this.#registerer = registerer;
    registerer.stateChange.addListener((now) => {
      if (this.#registerer !== registerer) return;
      if (now === RegistererState.Registered) this.#set({ state: "on", identity: this.#pass?.identity ?? "", fault: null });
    });
    await registerer.register({ requestDelegate: { onReject: () => this.#refused() } });
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => void this.#renew(), this.#pass.lifetime_s * 1_000 * RENEW_AT);
  }

  /** A new token, and a registration with it: a registration keeps the headers it began with. */
  async #renew() {
    try {
      this.#pass = await this.ask();
      const old = this.#registerer;
      this.#registerer = null;
      await old?.dispose();
      await this.#register();
    } catch {
      this.#refused();
    }
  }

  #refused() {
    this.stop();
    this.#set({ fault: "refused" });
  }

  /** The connection is gone: once more, after a while. A call whose media still flows is not touched. */
  #lost() {
    const agent = this.#agent;
    if (!agent) return;
    this.#set({ state: "connecting", fault: "unreachable" });
    const wait = WAITS_MS[Math.min(this.#retries, WAITS_MS.length - 1)];
    this.#retries += 1;
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => { if (this.#agent === agent) void this.#connect(() => agent.reconnect()); }, wait);
  }

  stop() {
    clearTimeout(this.#renewal);
    const agent = this.#agent;
    this.#agent = null;
    this.#registerer = null;
    void this.hangUp();
    // It takes the registration back and ends what still runs.
    void agent?.stop().catch(() => undefined);
    this.#set({ state: "off", talk: null, identity: "" });
  }

  /** Calls; the token is a new one, as the number that is shown stands in it. */
  async dial({ user, host }: Target) {
    if (!this.#agent || this.#session) return;
    const pass = await this.ask();
    const inviter = new Inviter(this.#agent, uriOf(user, host), { extraHeaders: bearer(pass) });
    this.#follow(inviter, user, false);
    await inviter.invite({
      sessionDescriptionHandlerOptions: this.#texts(inviter, true),
      requestDelegate: {
        onReject: ({ message }) => {
          const reason = message.getHeader("Reason") ?? "";
          this.#set({ fault: reason.includes("3303") ? "noCredit" : reason.includes("3101") && host === "flows.invalid" ? "notPublished" : FAULTS[message.statusCode ?? 0] ?? "failed" });
        },
      },
    });
  }

  #ring(invitation: Invitation) {
    if (this.#session) return void invitation.reject({ statusCode: 486 });
    this.#follow(invitation, invitation.remoteIdentity.displayName || invitation.remoteIdentity.uri.user || "", true);
  }

  #follow(session: Inviter | Invitation, peer: string, incoming: boolean) {
    this.#session = session;
    const id = session.request.callId;
    let answered = false;
    this.#set({ fault: null, last: null, talk: { id, peer, incoming, phase: "ringing", muted: false, lines: null } });

    session.stateChange.addListener((now) => {
      if (this.#session !== session) return;
      if (now === SessionState.Established && this.#state.talk) {
        answered = true;
        this.#set({ talk: { ...this.#state.talk, phase: "talking" } });
      }
      if (now === SessionState.Terminated) {
        this.#session = null;
        this.#text = null;
        this.#set({ talk: null, last: { id, answered } });
      }
    });
  }

  /** Real-time text goes by a data channel (RFC 8865), which we open or the platform opens. Whoever takes no text refuses it, and the call goes on. */
  #texts(session: Session, opens: boolean): Web.SessionDescriptionHandlerOptions {
    const onDataChannel = (channel: RTCDataChannel) => { if (channel.protocol === "t140") this.#take(session, channel); };
    return opens ? { onDataChannel, dataChannel: true, dataChannelLabel: "text", dataChannelOptions: { protocol: "t140" } } : { onDataChannel };
  }

  #take(session: Session, channel: RTCDataChannel) {
    const change = (lines: (before: readonly TextLine[] | null) => readonly TextLine[] | null) => {
      const { talk } = this.#state;
      if (this.#session === session && talk) this.#set({ talk: { ...talk, lines: lines(talk.lines) } });
    };
    const opened = () => { this.#text = channel; change((lines) => lines ?? []); };
    if (channel.readyState === "open") opened();
    else channel.addEventListener("open", opened);
    channel.addEventListener("message", ({ data }) => { if (typeof data === "string") change((lines) => written(lines ?? [], "far", data)); });
  }

  /** Sends what was typed, as it is typed. */
  type(text: string) {
    const { talk } = this.#state;
    if (text === "" || this.#text?.readyState !== "open" || !talk) return;
    this.#text.send(text);
    this.#set({ talk: { ...talk, lines: written(talk.lines ?? [], "near", text) } });
  }

  async answer() {
    const session = this.#session;
    if (session instanceof Invitation) await session.accept({ sessionDescriptionHandlerOptions: this.#texts(session, false) });
  }

  /** Ends the call, takes it back, or refuses it. */
  async hangUp() {
    const session = this.#session;
    if (!session) return;
    if (session.state === SessionState.Established) await session.bye();
    else if (session instanceof Inviter) await session.cancel();
    else if (session instanceof Invitation && session.state !== SessionState.Terminated) await session.reject({ statusCode: 603 });
  }

  press(key: string) {
    this.#media()?.sendDtmf(key, { duration: 160, interToneGap: 70 });
  }

  mute(muted: boolean) {
    for (const sender of this.#media()?.peerConnection?.getSenders() ?? []) if (sender.track) sender.track.enabled = !muted;
    if (this.#state.talk) this.#set({ talk: { ...this.#state.talk, muted } });
  }

  /** What is said here and what is heard, while a call runs. */
  streams(): { near: MediaStream; far: MediaStream } | null {
    const media = this.#media();
    return media ? { near: media.localMediaStream, far: media.remoteMediaStream } : null;
  }

  #media(): Web.SessionDescriptionHandler | null {
    const found = this.#session?.sessionDescriptionHandler;
    return found instanceof Web.SessionDescriptionHandler ? found : null;
  }
}

const bearer = (pass: Pass) => [`Authorization: Bearer ${pass.token}`];

function uriOf(user: string, host: string) {
  const uri = UserAgent.makeURI(`sip:${user}@${host}`);
  if (!uri) throw new Error("not an address");
  return uri;
}
