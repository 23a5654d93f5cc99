/** The first picture of a recording, small, drawn by the browser's own player: no codec of ours runs on the page. */

/** Of the canvas, pixels; twice what is shown, for dense screens. */
const WIDTH = 144;
/** A file that shows nothing by then shows nothing. */
const PATIENCE_MS = 4000;

/** `null` where the browser cannot show it. */
export async function firstPicture(file: Blob): Promise<HTMLCanvasElement | null> {
  const video = document.createElement('video');
  video.muted = video.playsInline = true;
  video.preload = 'auto';
  const url = URL.createObjectURL(file);
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no picture came')), PATIENCE_MS);
      const end = (done: () => void) => () => (clearTimeout(timer), done());
      video.addEventListener('loadeddata', end(resolve), { once: true });
      video.addEventListener('error', end(() => reject(video.error)), { once: true });
      video.src = url;
    });
    const canvas = document.createElement('canvas');
    canvas.width = WIDTH;
    canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth) || WIDTH;
    canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
    return canvas;
  } catch {
    return null;
  } finally {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(url);
  }
}
