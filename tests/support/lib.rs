//! What several tests share: recordings made of given samples, a plain reader of films, a disk that counts what is read,
//! the bodies of the fuzz targets, and the ffmpeg tools.
//! It panics with a clear line where a test cannot go on.

pub mod clips;
pub mod ffmpeg;
pub mod film;
pub mod hostile;
pub mod looks;
pub mod recording;
pub mod uploads;
