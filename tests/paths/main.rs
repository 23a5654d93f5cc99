//! One file for each data path of the core, on virtual time: simulated devices, encoders and a disk that can be torn
//! anywhere. What needs a browser belongs in `playwright/`, single machines are tested where they live.

mod any_order;
mod capture_to_file;
mod codings;
mod crash_recovery;
mod devices;
mod encoders;
mod imports;
mod late_answers;
#[path = "../conformance/memory.rs"]
mod memory;
mod odd_recorders;
mod pause_flip_resume;
mod rig;
mod speed;
mod transcode;
mod upload;
mod upload_answers;
mod upload_live;
mod upload_lost_answers;
mod upload_resume;
