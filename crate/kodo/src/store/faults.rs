//! Faults on demand, for tests: which request fails how. Only a store that was started with test faults has rules.
//!
//! Rules are tried in order for each request. Delay, width and truncation add up; of status and drop the first that
//! hits acts. `percent` draws from a seeded generator, so that a run can be repeated.

use std::sync::{Arc, Mutex};

use serde::Deserialize;

use super::incoming::Line;

/// When the connection is closed instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Drop {
    /// Before anything is read.
    Before,
    /// After `bodyBytes` of the body.
    Body,
    /// When the work is done and stored.
    After,
}

/// One rule as tests write it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Rule {
    route: Option<String>,
    port: Option<u16>,
    part: Option<u32>,
    skip: u64,
    count: Option<u64>,
    percent: Option<u32>,
    seed: u64,
    status: Option<u16>,
    error: Option<String>,
    drop: Option<Drop>,
    body_bytes: u64,
    delay_ms: u64,
    bytes_per_second: Option<u64>,
    truncate: Option<u64>,
}

struct Armed {
    rule: Rule,
    line: Option<Arc<Line>>,
    random: u64,
}

/// A request as rules see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) route: &'a str,
    pub(crate) port: u16,
    pub(crate) part: Option<u32>,
}

/// What happens to one request.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    pub(crate) delay_ms: u64,
    pub(crate) lines: Vec<Arc<Line>>,
    pub(crate) truncate: Option<u64>,
    pub(crate) instead: Option<Instead>,
    pub(crate) is_hit: bool,
}

/// What comes in place of the right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    Status(u16, String),
    Drop(Drop, u64),
}

#[derive(Default)]
pub(crate) struct Faults {
    armed: Mutex<Vec<Armed>>,
}

impl Faults {
    /// Appends the rules of a JSON object or array.
    pub(crate) fn arm(&self, json: &[u8]) -> Result<(), serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Rules {
            Many(Vec<Rule>),
            One(Box<Rule>),
        }
        let rules = match serde_json::from_slice(json)? {
            Rules::Many(rules) => rules,
            Rules::One(rule) => vec![*rule],
        };
        let armed = rules.into_iter().map(|rule| Armed {
            line: rule.bytes_per_second.map(Line::new),
            random: rule.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            rule,
        });
        self.rules().extend(armed);
        Ok(())
    }

    pub(crate) fn clear(&self) {
        self.rules().clear();
    }

    pub(crate) fn plan(&self, seen: Seen<'_>) -> Plan {
        let mut plan = Plan::default();
        for armed in self.rules().iter_mut() {
            let acts = armed.rule.status.is_some() || armed.rule.drop.is_some();
            if (acts && plan.instead.is_some()) || !armed.hits(seen) {
                continue;
            }
            let rule = &armed.rule;
            plan.is_hit = true;
            plan.delay_ms += rule.delay_ms;
            plan.lines.extend(armed.line.clone());
            plan.truncate = plan.truncate.or(rule.truncate);
            if let Some(status) = rule.status {
                let error = rule.error.clone().unwrap_or_else(|| "injected fault".to_owned());
                plan.instead = Some(Instead::Status(status, error));
            } else if let Some(drop) = rule.drop {
                plan.instead = Some(Instead::Drop(drop, rule.body_bytes));
            }
        }
        plan
    }

    fn rules(&self) -> std::sync::MutexGuard<'_, Vec<Armed>> {
        self.armed.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Armed {
    fn hits(&mut self, seen: Seen<'_>) -> bool {
        let rule = &mut self.rule;
        if rule.route.as_deref().is_some_and(|route| route != "any" && route != seen.route)
            || rule.port.is_some_and(|port| port != seen.port)
            || rule.part.is_some_and(|part| Some(part) != seen.part)
            || rule.count == Some(0)
        {
            return false;
        }
        if rule.skip > 0 {
            rule.skip -= 1;
            return false;
        }
        if let Some(percent) = rule.percent {
            // xorshift64 (Marsaglia 2003); its low bits are the weak ones.
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            if (self.random >> 32) % 100 >= u64::from(percent) {
                return false;
            }
        }
        rule.count = rule.count.map(|count| count - 1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_hit_by_place_and_number() {
        let faults = Faults::default();
        faults.arm(br#"[{"route":"part","part":2,"skip":1,"count":1,"status":503},{"port":9,"delayMs":5}]"#).unwrap();
        let seen = |part| faults.plan(Seen { route: "part", port: 8, part: Some(part) }).instead;
        let hit = Some(Instead::Status(503, "injected fault".into()));
        assert_eq!([seen(1), seen(2), seen(2), seen(2)], [None, None, hit, None]);
        assert_eq!(faults.plan(Seen { route: "form", port: 9, part: None }).delay_ms, 5);
        faults.clear();
        assert!(!faults.plan(Seen { route: "form", port: 9, part: None }).is_hit);
        assert!(faults.arm(br#"{"rout":"part"}"#).is_err(), "a misspelt rule is refused");
    }

    #[test]
    fn a_share_is_about_right_and_repeats() {
        let run = || {
            let faults = Faults::default();
            faults.arm(br#"{"percent":30,"seed":7,"drop":"before"}"#).unwrap();
            (0..1000).map(|_| faults.plan(Seen { route: "part", port: 1, part: None }).is_hit).collect::<Vec<_>>()
        };
        let hits = run().iter().filter(|hit| **hit).count();
        assert!((250..350).contains(&hits), "{hits}");
        assert_eq!(run(), run());
    }
}
