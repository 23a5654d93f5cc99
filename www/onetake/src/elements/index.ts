/** `onetake/elements`: importing it defines the elements. */

export { OnetakeCamera } from './camera.js';
export type { OnetakeCameraEvents } from './camera.js';
export type { LookChoice } from './look-choice.js';
export { OnetakePlayer } from './player.js';
export { OnetakeRecordButton } from './record-button.js';
export { OnetakeSegmentBar } from './segment-bar.js';
export { OnetakeTimeline } from './timeline.js';
export { OnetakeUpload } from './upload-card.js';
export type { UploadTrouble, UploadView } from './upload-task.js';
export type { StoreChoice } from './store-choice.js';
export type { Stored } from './uploads.js';
