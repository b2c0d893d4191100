// What a bad line does to what is heard and seen, from the browser's own counts. It looks, and changes nothing.
() => {
  const connections = [];
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(...settings) {
      super(...settings);
      connections.push(this);
    }
  };
  const reports = async (type, kind) => {
    const open = connections.filter((one) => one.connectionState !== "closed");
    const all = await Promise.all(open.map((one) => one.getStats()));
    return all.flatMap((one) => [...one.values()]).filter((one) => one.type === type && one.kind === kind);
  };
  const sum = (rows, field) => rows.reduce((total, one) => total + (one[field] ?? 0), 0);

  window.interop.counts = async () => {
    const [sound, picture] = [await reports("inbound-rtp", "audio"), await reports("inbound-rtp", "video")];
    const sent = await reports("outbound-rtp", "video");
    return {
      ms: performance.now(),
      soundPackets: sum(sound, "packetsReceived"),
      soundLost: sum(sound, "packetsLost"),
      soundDiscarded: sum(sound, "packetsDiscarded"),
      soundNacks: sum(sound, "nackCount"),
      samples: sum(sound, "totalSamplesReceived"),
      concealed: sum(sound, "concealedSamples"),
      silent: sum(sound, "silentConcealedSamples"),
      soundWaitS: sum(sound, "jitterBufferDelay"),
      soundWaited: sum(sound, "jitterBufferEmittedCount"),
      frames: sum(picture, "framesDecoded"),
      keyFrames: sum(picture, "keyFramesDecoded"),
      bytes: sum(picture, "bytesReceived") + sum(picture, "headerBytesReceived"),
      freezes: sum(picture, "freezeCount"),
      frozenS: sum(picture, "totalFreezesDuration"),
      nacks: sum(picture, "nackCount"),
      plis: sum(picture, "pliCount"),
      packetsLost: sum(picture, "packetsLost"),
      width: Math.max(0, ...picture.map((one) => one.frameWidth ?? 0)),
      sentFrames: sum(sent, "framesEncoded"),
      sentBytes: sum(sent, "bytesSent"),
      sentWidth: Math.max(0, ...sent.map((one) => one.frameWidth ?? 0)),
      pliAnswered: sum(sent, "pliCount"),
      resent: sum(sent, "retransmittedPacketsSent"),
    };
  };
  window.interop.countsAt = async (milliseconds, untilMs) => {
    await new Promise((next) => setTimeout(next, Math.min(milliseconds, untilMs - performance.now())));
    return window.interop.counts();
  };
}
