"""The two pages of the latency and loss measurements: one draws a time code and sends it, one reads it from its video.

The code is the wall clock in milliseconds, modulo 2^24, as black and white blocks with a checksum. Both pages run in
one browser, so it is the same clock.
"""

HTML = """<!doctype html><meta charset=utf-8><title>bench</title>
<canvas id=canvas width=1280 height=720></canvas><video id=video muted autoplay playsinline></video>
<script>
'use strict';
const BITS = 24, BLOCKS = 32, RANGE = 2 ** BITS;
const wall = () => performance.timeOrigin + performance.now();
const checksum = code => ((code & 255) ^ ((code >> 8) & 255) ^ ((code >> 16) & 255) ^ 0xa5);

let timer = 0, pc = null, track = null, drawn = 0;

function draw(paper) {
  const code = Math.round(wall()) % RANGE, check = checksum(code);
  paper.fillStyle = '#567';
  paper.fillRect(0, 40, 1280, 680);
  for (let i = 0; i < 110; i++) {
    paper.fillStyle = `hsl(${3 * i} 50% 60%)`;
    paper.fillRect((i * 97 + drawn * (2 + i % 5)) % 1280, 60 + (i * 53) % 600, 70, 45);
  }
  for (let block = 0; block < BLOCKS; block++) {
    const bit = block < BITS ? (code >> block) & 1 : (check >> (block - BITS)) & 1;
    paper.fillStyle = bit ? '#fff' : '#000';
    paper.fillRect(block * 40, 0, 40, 40);
  }
  drawn++;
}

async function gathered() {
  await pc.setLocalDescription();
  if (pc.iceGatheringState !== 'complete')
    await new Promise(done => { pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done(); });
  return pc.localDescription.sdp;
}

function preferred(kind) {
  const codecs = RTCRtpSender.getCapabilities('video').codecs;
  const found = codecs.filter(codec => codec.mimeType === 'video/' + kind);
  return found.length ? [...found, ...codecs.filter(codec => codec.mimeType === 'video/rtx')] : codecs;
}

async function offerToSend() {
  const canvas = document.getElementById('canvas'), paper = canvas.getContext('2d', {alpha: false});
  const stream = canvas.captureStream(0);
  track = stream.getVideoTracks()[0];
  track.contentHint = 'motion';
  timer = setInterval(() => { draw(paper); track.requestFrame(); }, 1000 / 15);
  pc = new RTCPeerConnection();
  const sending = pc.addTransceiver(track, {direction: 'sendonly',
    sendEncodings: [{scalabilityMode: 'L1T3', maxBitrate: 900000, maxFramerate: 30}]});
  sending.setCodecPreferences(preferred('H264'));
  return gathered();
}

let seen = {latencies: [], unreadable: 0, last: 0, longest: 0};

function watchVideo(video) {
  const small = new OffscreenCanvas(BLOCKS * 4, 4), paper = small.getContext('2d', {willReadFrequently: true});
  const look = () => {
    const at = wall();
    paper.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 18, 0, 0, BLOCKS * 4, 4);
    const pixels = paper.getImageData(0, 0, BLOCKS * 4, 4).data;
    let code = 0, check = 0;
    for (let block = 0; block < BLOCKS; block++) {
      const bit = pixels[4 * (2 * BLOCKS * 4 + block * 4 + 2)] > 127 ? 1 : 0;
      if (block < BITS) code += bit * 2 ** block; else check += bit * 2 ** (block - BITS);
    }
    if (checksum(code) === check) seen.latencies.push((at % RANGE - code + RANGE) % RANGE); else seen.unreadable++;
    if (seen.last) seen.longest = Math.max(seen.longest, at - seen.last);
    seen.last = at;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}

function takeVideo() {
  const video = document.getElementById('video');
  pc.ontrack = event => { video.srcObject = new MediaStream([event.track]); watchVideo(video); };
}

async function offerToWatch() {
  pc = new RTCPeerConnection();
  takeVideo();
  pc.addTransceiver('video', {direction: 'recvonly'}).setCodecPreferences(preferred('H264'));
  return gathered();
}

async function answerToWatch(offer) {
  pc = new RTCPeerConnection();
  takeVideo();
  await pc.setRemoteDescription({type: 'offer', sdp: offer});
  return gathered();
}

async function accept(answer) { await pc.setRemoteDescription({type: 'answer', sdp: answer}); }

async function whip({path, token, watch}) {
  const offer = watch ? await offerToWatch() : await offerToSend();
  const answer = await fetch(path, {method: 'POST', body: offer,
    headers: {'Content-Type': 'application/sdp', Authorization: 'Bearer ' + token}});
  if (answer.status !== 201) throw new Error(await answer.text());
  await accept(await answer.text());
}

async function codec() {
  const report = await pc.getStats();
  for (const one of report.values())
    if ((one.type === 'outbound-rtp' || one.type === 'inbound-rtp') && one.codecId)
      return report.get(one.codecId).mimeType;
  return '';
}

async function sent() {
  for (const one of (await pc.getStats()).values())
    if (one.type === 'outbound-rtp')
      return {frames: one.framesEncoded, bytes: one.bytesSent, nacks: one.nackCount, plis: one.pliCount,
              width: one.frameWidth, height: one.frameHeight, repeated: one.retransmittedPacketsSent};
  return {};
}

function take() { const taken = seen; seen = {latencies: [], unreadable: 0, last: 0, longest: 0}; return taken; }

function leave() { clearInterval(timer); if (track) track.stop(); if (pc) pc.close(); }
</script>"""
