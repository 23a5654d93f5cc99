//! The table of colours that the `lut` filter reads, and how it lies in a picture: 16 x 16 tiles, one for each of 256 levels
//! of blue, from the left and from the top; in a tile red rises to the right and green downwards, from black to full. So one
//! filtered read finds a colour: red and green lie between four texels, blue is told in levels as fine as a picture's own.
//! It decides the layout alone; what a table does to a colour, `looks` and `cube` say. Also runs natively.

/// Tiles beside each other, and above each other.
pub(super) const TILES: usize = 16;
/// Levels of blue.
const LEVELS: usize = TILES * TILES;
/// Side of the picture that other programs keep a table in: 8 x 8 tiles of 64 x 64 colours, blue from tile to tile.
pub const PICTURE_SIDE: usize = 512;
/// Colours along each edge of such a picture's table.
const PICTURE_STEPS: usize = 64;

/// A table as the filter reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Width and height, pixels.
    pub side: usize,
    /// RGBA, rows from the top.
    pub texels: Vec<u8>,
}

impl Table {
    /// Of so many steps of each primary, from 2 on: `made` tells the colour, 0..=1, of each of them. Between two of blue it is
    /// mixed here, as the filter mixes red and green.
    pub(super) fn new(steps: usize, mut made: impl FnMut([usize; 3]) -> [f32; 3]) -> Table {
        let mut colors = Vec::with_capacity(steps * steps * steps);
        for blue in 0..steps {
            for green in 0..steps {
                colors.extend((0..steps).map(|red| made([red, green, blue])));
            }
        }
        let side = TILES * steps;
        let mut texels = Vec::with_capacity(side * side * 4);
        for row in 0..side {
            for column in 0..side {
                let blue = (row / steps * TILES + column / steps) as f32 / (LEVELS - 1) as f32 * (steps - 1) as f32;
                let low = (blue as usize).min(steps - 2);
                let place = (low * steps + row % steps) * steps + column % steps;
                let (below, above, share) = (colors[place], colors[place + steps * steps], blue - low as f32);
                texels.extend([0, 1, 2].map(|channel| {
                    let level = below[channel] * (1.0 - share) + above[channel] * share;
                    (level.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
                }));
                texels.push(255);
            }
        }
        Table { side, texels }
    }

    /// The one that changes nothing: its steps are whole levels.
    pub fn plain() -> Table {
        Table::new(18, |place| share(18, place))
    }

    /// That of a picture of [`PICTURE_SIDE`] squared RGBA texels; what is missing there is black.
    pub fn of_picture(texels: &[u8]) -> Table {
        Table::new(PICTURE_STEPS, |[red, green, blue]| {
            let at = (blue / 8 * PICTURE_STEPS + green) * PICTURE_SIDE + blue % 8 * PICTURE_STEPS + red;
            let texel = texels.get(at * 4..at * 4 + 3).unwrap_or(&[0; 3]);
            [0, 1, 2].map(|channel| f32::from(texel[channel]) / 255.0)
        })
    }
}

/// A place of [`Table::new`] as a colour, 0..=1.
pub(super) fn share(steps: usize, place: [usize; 3]) -> [f32; 3] {
    place.map(|step| step as f32 / (steps - 1) as f32)
}

#[cfg(test)]
impl Table {
    /// What the filter reads for a colour of 0..=255.
    pub(super) fn read(&self, [red, green, blue]: [u8; 3]) -> [f32; 3] {
        let steps = self.side / TILES;
        let last = (steps - 1) as f32;
        let (across, down) = (f32::from(red) / 255.0 * last, f32::from(green) / 255.0 * last);
        let (column, row) = ((across as usize).min(steps - 2), (down as usize).min(steps - 2));
        let (right, below) = (across - column as f32, down - row as f32);
        let texel = |column: usize, row: usize, channel: usize| {
            let (x, y) = (usize::from(blue) % TILES * steps + column, usize::from(blue) / TILES * steps + row);
            f32::from(self.texels[(y * self.side + x) * 4 + channel])
        };
        [0, 1, 2].map(|channel| {
            let of = |row| texel(column, row, channel) * (1.0 - right) + texel(column + 1, row, channel) * right;
            of(row) * (1.0 - below) + of(row + 1) * below
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_table_gives_every_level_back() {
        let table = Table::plain();
        for level in 0..=255 {
            for color in [[level; 3], [level, 0, 255 - level], [7, level, 201]] {
                let found = table.read(color);
                assert!(
                    found.iter().zip(color).all(|(found, wanted)| (found - f32::from(wanted)).abs() < 1e-3),
                    "{color:?}"
                );
            }
        }
    }

    /// The picture of a table that turns colours: red becomes green, green blue, and blue red from the top down.
    fn turning() -> Vec<u8> {
        let places = (0..PICTURE_SIDE).flat_map(|y| (0..PICTURE_SIDE).map(move |x| (x, y)));
        let level = |step: usize| ((step * 255 + 31) / 63) as u8;
        places.flat_map(|(x, y)| [255 - level(y / 64 * 8 + x / 64), level(x % 64), level(y % 64), 128]).collect()
    }

    #[test]
    fn the_picture_of_other_programs_is_read_as_they_read_it() {
        let table = Table::of_picture(&turning());
        assert_eq!(table.side, 64 * 16);
        for color in [[0, 0, 0], [255, 255, 255], [12, 200, 77], [130, 5, 254], [1, 2, 3]] {
            let [red, green, blue] = color;
            let found = table.read(color);
            for (found, wanted) in found.into_iter().zip([255 - blue, red, green]) {
                assert!((found - f32::from(wanted)).abs() <= 1.0, "{color:?}: {found} for {wanted}");
            }
        }
        assert!(Table::of_picture(&[]).texels.chunks(4).all(|texel| texel == [0, 0, 0, 255]));
    }
}
