//! Polynomials that stand for curves of levels: what software works out sooner than it reads a table. Also runs natively.

/// Points on which a curve is known, 0..=1 from end to end.
pub(super) const POINTS: usize = 256;
/// How far a polynomial may be from its curve: half a level of a byte.
const WITHIN: f32 = 0.5 / 255.0;
/// Factors of the longest.
const MOST: usize = 16;

/// Where the powers begin, so that their factors are small: the middle of what they are for.
pub(super) const MIDDLE: f32 = 0.5;

/// Factors of the powers of x - [`MIDDLE`], rising.
#[derive(Debug, PartialEq)]
pub(super) struct Polynomial(pub(super) Vec<f32>);

impl Polynomial {
    /// The shortest that stays as near as [`WITHIN`] to a curve, or the longest there is: least squares, one power after the
    /// other (Forsythe, 1957). Only sums, products, quotients and roots make it, so it is the same everywhere.
    pub(super) fn near(curve: &[f32; POINTS]) -> Polynomial {
        let place = |at: usize| at as f64 / (POINTS - 1) as f64 - f64::from(MIDDLE);
        // Points towards the ends weigh more (Chebyshev's weight), so that the error is spread evenly.
        let weight = |at: usize| 1.0 / ((at as f64 + 0.5) * (POINTS as f64 - 0.5 - at as f64)).sqrt();
        // Of two polynomials' values on all points.
        let product = |one: &dyn Fn(usize) -> f64, other: &dyn Fn(usize) -> f64| -> f64 {
            (0..POINTS).map(|at| weight(at) * one(at) * other(at)).sum()
        };
        let (mut sum, mut before, mut last) = ([0.0; MOST], [0.0; MOST], [0.0; MOST]);
        last[0] = 1.0;
        let mut before_norm = 1.0;
        for length in 1..=MOST {
            let value = |at: usize| horner(&last, place(at));
            let norm = product(&value, &value);
            let share = product(&value, &|at| f64::from(curve[at])) / norm;
            sum.iter_mut().zip(&last).for_each(|(sum, last)| *sum += share * last);
            let made = Polynomial(sum[..length].iter().map(|factor| *factor as f32).collect());
            let holds = curve
                .iter()
                .enumerate()
                .all(|(at, level)| (made.at(at as f32 / (POINTS - 1) as f32) - level).abs() < WITHIN);
            if holds || length == MOST {
                return made;
            }
            // The next is at right angles to all before: (x - middle) times the last, less a part of the one before.
            let middle = product(&value, &|at| value(at) * place(at)) / norm;
            let part = if length > 1 { norm / before_norm } else { 0.0 };
            let mut next = [0.0; MOST];
            for power in 0..MOST {
                let raised = power.checked_sub(1).map_or(0.0, |lower| last[lower]);
                next[power] = raised - middle * last[power] - part * before[power];
            }
            (before, last, before_norm) = (last, next, norm);
        }
        Polynomial(Vec::new())
    }

    /// Its value.
    pub(super) fn at(&self, x: f32) -> f32 {
        self.0.iter().rev().fold(0.0, |sum, factor| sum * (x - MIDDLE) + factor)
    }
}

fn horner(factors: &[f64], x: f64) -> f64 {
    factors.iter().rev().fold(0.0, |sum, factor| sum * x + factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(level: impl Fn(f32) -> f32) -> [f32; POINTS] {
        core::array::from_fn(|at| level(at as f32 / 255.0))
    }

    #[test]
    fn a_polynomial_is_as_short_as_its_curve_allows_and_never_half_a_level_away() {
        let lengths = [curve(|_| 0.4), curve(|x| 0.1 + 0.8 * x), curve(|x| x * x), curve(|x| x * x * (3.0 - 2.0 * x))];
        assert_eq!(lengths.map(|curve| Polynomial::near(&curve).0.len()), [1, 2, 3, 4]);
        let bent = curve(|x| if x < 0.4 { 0.8 * x } else { 0.32 + (x - 0.4) * 0.9 });
        let near = Polynomial::near(&bent);
        assert!(bent.iter().enumerate().all(|(at, level)| (near.at(at as f32 / 255.0) - level).abs() < WITHIN));
        // What no polynomial is near to still gives numbers.
        let step = Polynomial::near(&curve(|x| if x < 0.5 { 0.0 } else { 1.0 }));
        assert_eq!(step.0.len(), MOST);
        assert!((0..256).all(|at| (-0.5..1.5).contains(&step.at(at as f32 / 255.0))));
    }
}
