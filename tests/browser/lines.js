// Runs in every page of a test before the page's own scripts: what its connections agreed on.
(() => {
  const made = [];
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(...settings) {
      super(...settings);
      made.push(this);
    }
  };
  const open = () => made.filter((one) => one.connectionState !== "closed");

  // fmtp of Opus in each sound of a description: [{direction, parameters}]; a browser's encoder obeys the remote one.
  function opus(description) {
    const media = (description?.sdp ?? "").split(/^m=/m).filter((one) => one.startsWith("audio "));
    return media.map((one) => {
      const type = /^a=rtpmap:(\d+) opus\//im.exec(one)?.[1];
      const parameters = new RegExp(`^a=fmtp:${type} (.*)$`, "m").exec(one)?.[1].trim().split(";") ?? [];
      return { direction: /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(one)?.[1], parameters };
    });
  }

  window.lines = { opus: (side) => open().flatMap((one) => opus(one[side])) };
})();
