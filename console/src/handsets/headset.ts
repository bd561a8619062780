/** This browser as the microphone and loudspeaker of a handset, by WebRTC. It knows nothing of the page. */
import { isRecord, post } from "../api/client";
import { text } from "../api/lists";
import { one } from "./api";

/** How long addresses of this browser are looked for, in milliseconds: the platform needs none, as the browser sends first. */
const GATHERING_MS = 500;

export class Headset {
  private constructor(readonly peer: RTCPeerConnection, readonly near: MediaStream, readonly far: MediaStream) {}

  /** Joins an answered call. Rejects where there is no microphone, or the call is over. */
  static async join(number: string, sid: string): Promise<Headset> {
    const near = await navigator.mediaDevices.getUserMedia({ audio: true });
    const headset = new Headset(new RTCPeerConnection({ iceServers: [] }), near, new MediaStream());
    try {
      await headset.#agree(`${one(number)}/Calls/${sid}/Sound.json`);
    } catch (error) {
      headset.leave();
      throw error;
    }
    return headset;
  }

  async #agree(path: string) {
    this.peer.addEventListener("track", ({ track }) => this.far.addTrack(track));
    for (const track of this.near.getTracks()) this.peer.addTrack(track, this.near);
    await this.peer.setLocalDescription();
    await gathered(this.peer);
    const joined = await post(path, { Offer: this.peer.localDescription?.sdp ?? "" });
    await this.peer.setRemoteDescription({ type: "answer", sdp: isRecord(joined) ? text(joined, "answer") : "" });
  }

  mute(muted: boolean) {
    for (const track of this.near.getTracks()) track.enabled = !muted;
  }

  /** The call goes on without this browser. */
  leave() {
    for (const track of this.near.getTracks()) track.stop();
    this.peer.close();
  }
}

const gathered = (peer: RTCPeerConnection) => new Promise<void>((done) => {
  const look = () => { if (peer.iceGatheringState === "complete") done(); };
  peer.addEventListener("icegatheringstatechange", look);
  setTimeout(done, GATHERING_MS);
  look();
});
