//! placeholder replaced by the recorder room
/// placeholder
pub struct ClockMap;
/// placeholder
pub struct SoundClock;
/// placeholder
pub struct SoundStep;
