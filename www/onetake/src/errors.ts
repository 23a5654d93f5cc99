/** One error type for every rejection: a stable code, whether to retry, and a hint in the page's language. */

import type { Failure, Mismatch } from './protocol.js';
import type { Locale } from './types.js';

export type ErrorCode =
  | 'aborted'
  | 'already_recording'
  | 'bad_argument'
  | 'camera_denied'
  | 'camera_missing'
  | 'camera_busy'
  | 'closed'
  | 'codec_unsupported'
  | 'draft_busy'
  | 'draft_coding'
  | 'draft_damaged'
  | 'encoder_failed'
  | 'file_damaged'
  | 'file_unsupported'
  | 'film_empty'
  | 'filter_invalid'
  | 'internal'
  | 'join_needs_encoding'
  | 'limit_reached'
  | 'load_failed'
  | 'nothing_to_export'
  | 'not_built'
  | 'not_supported'
  | 'repair_impossible'
  | 'shader_invalid'
  | 'cache_scope'
  | 'storage_full'
  | 'storage_failed'
  | 'segment_missing'
  | 'too_large'
  | 'upload_account'
  | 'upload_address'
  | 'upload_answer'
  | 'upload_bucket'
  | 'upload_busy'
  | 'upload_callback'
  | 'upload_changed'
  | 'upload_corrupt'
  | 'upload_draft_wanted'
  | 'upload_elsewhere'
  | 'upload_exists'
  | 'upload_expired'
  | 'upload_file_differs'
  | 'upload_file_wanted'
  | 'upload_forbidden'
  | 'upload_limit'
  | 'upload_missing'
  | 'upload_network'
  | 'upload_place'
  | 'upload_refused'
  | 'upload_rejected'
  | 'upload_source'
  | 'upload_token'
  | 'upload_too_large'
  | 'upload_unconfirmed'
  | 'worker_failed'
  | (string & {});

export class OnetakeError extends Error {
  override readonly name = 'OnetakeError';
  /** Stable; listed in README.md ("Errors"). */
  readonly code: ErrorCode;
  readonly retry: 'never' | 'later' | 'after-action';
  /** What the user can do, in the page's language. */
  readonly hint: string;
  /** With `join_needs_encoding`: which clips (from 0, in film order) differ from the first, and in what. */
  readonly mismatch?: { clips: number[]; fields: string[] };

  constructor(code: ErrorCode, retry: OnetakeError['retry'], detail: string, locale: Locale = pageLocale(), mismatch?: Mismatch) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.retry = retry;
    if (mismatch) this.mismatch = mismatch;
    this.hint = hintOf(code, locale);
  }
}

/** Also true for an error of another copy of the package. */
export function isOnetakeError(value: unknown): value is OnetakeError {
  return value instanceof Error && value.name === 'OnetakeError' && typeof (value as { code?: unknown }).code === 'string';
}

export function fromFailure(failure: Failure, locale: Locale): OnetakeError {
  return new OnetakeError(failure.code, failure.retry, failure.detail, locale, failure.mismatch);
}

export function notBuilt(what: string, locale?: Locale): OnetakeError {
  return new OnetakeError('not_built', 'never', `${what} is not part of this version`, locale);
}

export function closed(locale?: Locale): OnetakeError {
  return new OnetakeError('closed', 'never', 'the studio was closed', locale);
}

export function aborted(locale?: Locale): OnetakeError {
  return new OnetakeError('aborted', 'later', 'given up through the signal', locale);
}

export function throwIfAborted(signal: AbortSignal | undefined, locale?: Locale): void {
  if (signal?.aborted) throw aborted(locale);
}

/** A getUserMedia rejection in our words (Media Capture and Streams s.10.2). */
export function cameraError(reason: unknown, locale: Locale): OnetakeError {
  if (isOnetakeError(reason)) return reason;
  const name = reason instanceof DOMException ? reason.name : '';
  const detail = reason instanceof Error ? `${reason.name} ${reason.message}`.trim() : String(reason);
  if (name === 'NotAllowedError' || name === 'SecurityError') return new OnetakeError('camera_denied', 'after-action', detail, locale);
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return new OnetakeError('camera_missing', 'after-action', detail, locale);
  if (name === 'NotReadableError' || name === 'AbortError') return new OnetakeError('camera_busy', 'later', detail, locale);
  return new OnetakeError('not_supported', 'never', detail, locale);
}

export function pageLocale(): Locale {
  return typeof navigator !== 'undefined' && navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

function hintOf(code: string, locale: Locale): string {
  return (HINTS[code] ?? OTHER)[locale];
}

type Hint = Record<Locale, string>;

const OTHER: Hint = { en: 'Something went wrong. What you filmed is safe; please try again.', zh: '出了点问题。已拍的内容都在,请重试。' };

const HINTS: Record<string, Hint> = {
  aborted: { en: 'Cancelled. Nothing was lost.', zh: '已取消,内容没有丢失。' },
  already_recording: { en: 'A take is being recorded already.', zh: '正在拍摄中。' },
  bad_argument: { en: 'This setting is not possible.', zh: '这个设置不可用。' },
  camera_denied: {
    en: 'Allow the camera for this page in your browser settings, then try again.',
    zh: '请在浏览器设置里允许本页使用摄像头,然后重试。',
  },
  camera_missing: { en: 'No camera was found. Connect one, then try again.', zh: '没有找到摄像头,请连接后重试。' },
  camera_busy: { en: 'Another app is using the camera. Close it, then try again.', zh: '摄像头正被其他应用占用,请关闭后重试。' },
  closed: { en: 'This studio is closed.', zh: '拍摄已关闭。' },
  codec_unsupported: { en: 'This kind of video or sound is not supported here.', zh: '不支持这种视频或音频编码。' },
  draft_busy: { en: 'This draft is open in another tab. Close it there first.', zh: '这个草稿正在另一个标签页中打开,请先在那里关闭。' },
  draft_coding: {
    en: 'This browser cannot go on with this draft. What you filmed is safe: make its film, then begin a new one.',
    zh: '当前浏览器无法继续拍摄这个草稿。已拍的内容都在:请先生成影片,再新建一个。',
  },
  draft_damaged: { en: 'The draft cannot be read. Its files are untouched.', zh: '草稿无法读取,文件没有改动。' },
  encoder_failed: { en: 'The video encoder failed. What you filmed is safe.', zh: '视频编码器出错,已拍的内容都在。' },
  file_damaged: { en: 'This video is damaged and cannot be read. All others are safe.', zh: '这段视频已损坏,无法读取。其他内容都在。' },
  file_unsupported: { en: 'This file is not a video that can be used here. Choose an MP4.', zh: '不支持这个文件,请选择 MP4 视频。' },
  film_empty: { en: 'Nothing would be left of the film. Keep a part of it.', zh: '影片里没有内容了,请至少保留一段。' },
  filter_invalid: { en: 'This filter does not take that. What is filmed goes on as before.', zh: '滤镜参数不可用,拍摄照常进行。' },
  internal: { en: 'This is a fault of ours. What you filmed is safe; reload the page and try again.', zh: '这是我们的问题。已拍的内容都在,请刷新页面后重试。' },
  join_needs_encoding: { en: 'These clips differ too much to be joined without encoding.', zh: '这些片段差别太大,需要重新编码才能合并。' },
  limit_reached: { en: 'The film is as long as it may be. Delete a segment to go on.', zh: '已达到最长时长,删除一段后可以继续拍摄。' },
  load_failed: { en: 'A part of the app could not be loaded. Check the connection, then try again.', zh: '组件加载失败,请检查网络后重试。' },
  nothing_to_export: { en: 'Film something first.', zh: '请先拍摄一段。' },
  not_built: { en: 'This is not available yet.', zh: '这个功能还没有开放。' },
  not_supported: { en: 'This browser cannot do that. Try a current Chrome or Edge.', zh: '当前浏览器不支持,请使用新版 Chrome 或 Edge。' },
  repair_impossible: { en: 'Too little is left of this video to repair it. The file is untouched.', zh: '这段视频损坏太多,无法修复。原文件没有改动。' },
  shader_invalid: { en: 'This filter cannot be used: its text has a mistake.', zh: '滤镜代码有误,无法使用。' },
  storage_full: { en: 'The device has no room left. What you filmed is safe; free some space.', zh: '存储空间已满。已拍的内容都在,请清理空间。' },
  storage_failed: { en: 'The disk did not answer. What was stored before is safe.', zh: '存储出错,之前存好的内容都在。' },
  segment_missing: { en: 'This segment is gone already.', zh: '这一段已经不在了。' },
  too_large: { en: 'This is too large for one film. Remove a part, then try again.', zh: '内容太大,无法放进一个影片,请删减后重试。' },
  upload_account: { en: 'The storage account cannot be used. Ask whoever runs this page.', zh: '存储账号不可用,请联系本页的管理员。' },
  upload_address: { en: 'The upload address is wrong. Check the upload settings.', zh: '上传地址错误,请检查上传设置。' },
  upload_answer: { en: 'The server gave no proper answer. Try again later; what was sent is kept.', zh: '服务器应答异常,请稍后继续,已上传的部分不会丢失。' },
  upload_bucket: { en: 'The storage space does not exist. Check the upload settings.', zh: '存储空间不存在,请检查上传设置。' },
  upload_busy: { en: 'The service is busy. Try again later; what was sent is kept.', zh: '服务繁忙,请稍后继续,已上传的部分不会丢失。' },
  upload_callback: { en: 'The file is stored, but the app could not be told. Do not upload it again.', zh: '文件已保存,但通知业务失败,请勿重复上传。' },
  upload_changed: { en: 'The file was changed while it was uploaded. Upload it anew.', zh: '文件在上传时被修改,请重新上传。' },
  upload_corrupt: { en: 'Bytes were damaged on the way. Try again on another network.', zh: '数据校验失败,请换个网络后重试。' },
  upload_draft_wanted: { en: 'Open the draft that was being uploaded, and upload it again to go on.', zh: '请打开之前上传的草稿,重新上传即可继续。' },
  upload_elsewhere: { en: 'Another tab is uploading this. Go on there, or close it first.', zh: '另一个标签页正在上传,请在那里继续,或先关闭它。' },
  upload_exists: { en: 'Another file of this name is there already. Choose another name.', zh: '同名文件已存在,请换一个名字。' },
  upload_expired: { en: 'What was sent earlier is gone from the server. Upload it anew.', zh: '续传记录失效,请重新上传。' },
  upload_file_differs: { en: 'This is not the file that was being uploaded. Choose that one.', zh: '这不是之前上传的文件,请选择原来的文件。' },
  upload_file_wanted: { en: 'Choose the same file again to go on.', zh: '请重新选择原来的文件以继续上传。' },
  upload_forbidden: { en: 'This upload is not allowed: the name, kind or size of the file.', zh: '没有权限,或文件名、类型、大小不允许。' },
  upload_limit: { en: 'The storage service has reached a limit. Try again later.', zh: '存储服务达到限制,请稍后重试。' },
  upload_missing: { en: 'This upload is done already, or was discarded.', zh: '这个上传已完成或已放弃。' },
  upload_network: { en: 'There is no connection. Go on once there is; what was sent is kept.', zh: '网络中断,恢复后可以继续,已上传的部分不会丢失。' },
  upload_place: { en: 'This upload was begun at another store. Choose that one in the upload settings, or discard it.', zh: '这个上传是在另一个存储空间开始的,请在上传设置里选回那个空间,或放弃它。' },
  upload_refused: { en: 'The server refused the upload.', zh: '服务器拒绝了上传。' },
  upload_rejected: { en: 'The server did not understand the upload. Check the upload settings.', zh: '上传参数有误,请检查上传设置。' },
  upload_source: { en: 'The file cannot be read. Choose it again.', zh: '文件无法读取,请重新选择。' },
  upload_token: { en: 'Permission to upload has run out. Sign in again, then go on.', zh: '登录或授权已过期,请重新登录后继续。' },
  upload_too_large: { en: 'The file is larger than is allowed.', zh: '文件超过大小限制。' },
  upload_unconfirmed: { en: 'It is not known whether the file arrived. Look for it before uploading again.', zh: '无法确认文件是否已保存,请先查看再决定是否重传。' },
  worker_failed: { en: 'A part of the app stopped. Reload the page; drafts and files are safe.', zh: '组件无法运行。请刷新页面,草稿和文件都在。' },
};
