//! QR codes (ISO/IEC 18004), as far as a short address needs them: bytes, error correction level M,
//! versions 1 to 7. The code is drawn as a path of SVG inside the page.
//!
//! Not implemented: the modes for digits and for kanji, the other levels, larger versions.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write;

/// Bytes that the largest code here holds.
pub const QR_BYTES_MAX: usize = 122;
/// Light modules around a code (section 9.1).
const QUIET: usize = 4;

/// One version at level M: its number of blocks, and the bytes of data and of correction in each
/// (tables 7 and 9); all blocks of these versions are alike.
struct Version {
    blocks: usize,
    data: usize,
    correction: usize,
    /// The last centre of its alignment patterns (annex E); 0 where it has none.
    aligned: usize,
}

const VERSIONS: [Version; 7] = [
    Version { blocks: 1, data: 16, correction: 10, aligned: 0 },
    Version { blocks: 1, data: 28, correction: 16, aligned: 18 },
    Version { blocks: 1, data: 44, correction: 26, aligned: 22 },
    Version { blocks: 2, data: 32, correction: 18, aligned: 26 },
    Version { blocks: 2, data: 43, correction: 24, aligned: 30 },
    Version { blocks: 4, data: 27, correction: 16, aligned: 34 },
    Version { blocks: 4, data: 31, correction: 18, aligned: 38 },
];

/// The polynomial of the field that the correction is reckoned in (section 7.5.2).
const FIELD: u16 = 0x11d;
/// Generators of the format and version information, and what the format is masked with (annexes C
/// and D).
const FORMAT: u32 = 0x537;
const FORMAT_MASK: u32 = 0x5412;
const VERSION_INFORMATION: u32 = 0x1f25;

/// A code: a square of modules, light or dark.
pub struct Qr {
    size: usize,
    dark: Vec<bool>,
    /// Modules that belong to a pattern and carry no data.
    fixed: Vec<bool>,
}

impl Qr {
    /// The code of these bytes in the smallest version that holds them; `None` for more than
    /// [`QR_BYTES_MAX`].
    pub fn of(bytes: &[u8]) -> Option<Qr> {
        // Four bits say the mode, eight how many bytes there are.
        let fits = |version: &Version| bytes.len() + 2 <= version.blocks * version.data;
        let place = VERSIONS.iter().position(fits)?;
        let version = VERSIONS.get(place)?;
        let codewords = codewords(version, bytes);
        let mut bare = Qr::empty(place + 1);
        bare.draw_patterns(place + 1, version);
        bare.draw_data(&codewords);
        let masked = (0..8u8).map(|mask| bare.masked(mask));
        masked.min_by_key(Qr::penalty)
    }

    /// How many modules a side has.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether a module is dark; those outside are light.
    pub fn is_dark(&self, row: usize, column: usize) -> bool {
        column < self.size && self.dark.get(row * self.size + column).copied().unwrap_or(false)
    }

    /// The side of its drawing in modules, with the light ones around.
    pub(crate) fn side(&self) -> usize {
        self.size + 2 * QUIET
    }

    /// All dark modules as a path of SVG, those of a row that touch in one stroke.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for row in 0..self.size {
            let mut column = 0;
            while column < self.size {
                let run = (column..self.size).take_while(|at| self.is_dark(row, *at)).count();
                if run > 0 {
                    // Writing to a String cannot fail.
                    let _ = write!(path, "M{} {}h{run}v1h-{run}z", column + QUIET, row + QUIET);
                }
                column += run.max(1);
            }
        }
        path
    }

    fn empty(version: usize) -> Qr {
        let size = 17 + 4 * version;
        Qr { size, dark: vec![false; size * size], fixed: vec![false; size * size] }
    }

    fn set(&mut self, row: usize, column: usize, dark: bool) {
        let place = row * self.size + column;
        if let (Some(module), Some(fixed)) = (self.dark.get_mut(place), self.fixed.get_mut(place)) {
            (*module, *fixed) = (dark, true);
        }
    }

    /// Everything that is no data (section 6.3); the format is left free.
    fn draw_patterns(&mut self, number: usize, version: &Version) {
        let last = self.size - 1;
        for place in 0..self.size {
            self.set(6, place, place % 2 == 0);
            self.set(place, 6, place % 2 == 0);
        }
        for (row, column) in [(0, 0), (0, last - 6), (last - 6, 0)] {
            self.draw_finder(row, column);
        }
        // Beginning, one in the middle where it is far, and end; not where a finder is.
        let middle = if number >= 7 { (version.aligned + 6) / 2 } else { 6 };
        let centres = [6, middle, version.aligned];
        for row in centres {
            for column in centres {
                let at_finder = (row == 6 && (column == 6 || column == version.aligned))
                    || (row == version.aligned && column == 6);
                if version.aligned > 0 && !at_finder {
                    self.draw_alignment(row, column);
                }
            }
        }
        self.draw_format(0);
        if number >= 7 {
            let number = number as u32;
            let bits = number << 12 | remainder(number << 12, VERSION_INFORMATION, 12);
            for bit in 0..18 {
                let dark = bits >> bit & 1 == 1;
                let (far, near) = (last - 10 + bit % 3, bit / 3);
                self.set(near, far, dark);
                self.set(far, near, dark);
            }
        }
    }

    /// A finder with the light modules around it, as far as they are inside.
    fn draw_finder(&mut self, row: usize, column: usize) {
        for down in 0..9 {
            for right in 0..9 {
                let (Some(y), Some(x)) =
                    ((row + down).checked_sub(1), (column + right).checked_sub(1))
                else {
                    continue;
                };
                if y < self.size && x < self.size {
                    let ring = down.abs_diff(4).max(right.abs_diff(4));
                    self.set(y, x, ring != 2 && ring != 4);
                }
            }
        }
    }

    fn draw_alignment(&mut self, row: usize, column: usize) {
        for down in 0..5usize {
            for right in 0..5usize {
                let ring = down.abs_diff(2).max(right.abs_diff(2));
                self.set(row + down - 2, column + right - 2, ring != 1);
            }
        }
    }

    /// Level M, which is 0, and the mask, twice (section 7.9); and the module that is always dark.
    fn draw_format(&mut self, mask: u8) {
        let value = u32::from(mask);
        let bits = (value << 10 | remainder(value << 10, FORMAT, 10)) ^ FORMAT_MASK;
        let last = self.size - 1;
        for bit in 0..15 {
            let dark = bits >> bit & 1 == 1;
            let down = match bit {
                0..=5 => bit,
                6 | 7 => bit + 1,
                _further => last - 14 + bit,
            };
            self.set(down, 8, dark);
            let right = match bit {
                0..=7 => last - bit,
                8 => 7,
                _further => 14 - bit,
            };
            self.set(8, right, dark);
        }
        self.set(last - 7, 8, true);
    }

    /// Two columns at a time from the right, up and down in turn (section 7.7.3).
    fn draw_data(&mut self, codewords: &[u8]) {
        let bits = codewords.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        let mut bits = bits.map(|bit| bit == 1);
        let mut up = true;
        let mut right = self.size - 1;
        loop {
            for step in 0..self.size {
                let row = if up { self.size - 1 - step } else { step };
                for column in [right, right - 1] {
                    let place = row * self.size + column;
                    if self.fixed.get(place) == Some(&false) {
                        if let Some(module) = self.dark.get_mut(place) {
                            *module = bits.next().unwrap_or(false);
                        }
                    }
                }
            }
            up = !up;
            // The column of the timing pattern is passed over.
            right = match right {
                0..=2 => return,
                8 => 5,
                further => further - 2,
            };
        }
    }

    /// The same with a mask over the data (section 7.8.2).
    fn masked(&self, mask: u8) -> Qr {
        let Qr { size, dark, fixed } = self;
        let mut masked = Qr { size: *size, dark: dark.clone(), fixed: fixed.clone() };
        for (place, module) in masked.dark.iter_mut().enumerate() {
            let free = fixed.get(place) == Some(&false);
            *module ^= free && flips(mask, place / size, place % size);
        }
        masked.draw_format(mask);
        masked
    }

    /// How hard it is to read (section 7.8.3): runs, blocks, what looks like a finder, and how far
    /// it is from half dark.
    fn penalty(&self) -> usize {
        let mut penalty = 0;
        for line in 0..self.size {
            let row: Vec<bool> = (0..self.size).map(|at| self.is_dark(line, at)).collect();
            let column: Vec<bool> = (0..self.size).map(|at| self.is_dark(at, line)).collect();
            penalty += [row, column].iter().map(|line| runs(line) + finders(line)).sum::<usize>();
        }
        for row in 1..self.size {
            for column in 1..self.size {
                let one = self.is_dark(row, column);
                let same = [(row - 1, column), (row, column - 1), (row - 1, column - 1)];
                penalty += 3 * usize::from(same.iter().all(|at| self.is_dark(at.0, at.1) == one));
            }
        }
        let dark = self.dark.iter().filter(|dark| **dark).count();
        let away = (dark * 20).abs_diff(self.dark.len() * 10) / self.dark.len();
        penalty + 10 * away
    }
}

/// Whether a mask turns this module over.
fn flips(mask: u8, row: usize, column: usize) -> bool {
    let product = row * column;
    let rest = match mask {
        0 => (row + column) % 2,
        1 => row % 2,
        2 => column % 3,
        3 => (row + column) % 3,
        4 => (row / 2 + column / 3) % 2,
        5 => product % 2 + product % 3,
        6 => (product % 2 + product % 3) % 2,
        _seventh => ((row + column) % 2 + product % 3) % 2,
    };
    rest == 0
}

/// Three for five alike in a row, and one for each further one.
fn runs(line: &[bool]) -> usize {
    let alike = line.chunk_by(|one, next| one == next).map(<[bool]>::len);
    alike.filter(|len| *len >= 5).map(|len| len - 2).sum()
}

/// Forty for each that looks like a finder with four light ones beside it.
fn finders(line: &[bool]) -> usize {
    const FINDER: [bool; 7] = [true, false, true, true, true, false, true];
    let light = |part: Option<&[bool]>| part.is_some_and(|part| !part.contains(&true));
    let places = line.windows(7).enumerate().filter(|(_, part)| **part == FINDER);
    let beside = places.filter(|(at, _)| {
        let before = at.checked_sub(4).and_then(|from| line.get(from..*at));
        light(before) || light(line.get(at + 7..at + 11))
    });
    40 * beside.count()
}

/// What is left of a value divided by a generator of this degree, without carries.
fn remainder(value: u32, generator: u32, degree: u32) -> u32 {
    let mut rest = value;
    while rest >> degree != 0 {
        rest ^= generator << (rest.ilog2() - degree);
    }
    rest
}

/// The bytes in blocks with their correction, as they are drawn (sections 7.4 to 7.6).
fn codewords(version: &Version, bytes: &[u8]) -> Vec<u8> {
    let room = version.blocks * version.data;
    // Half bytes: the mode, the length, what there is, and the end.
    let halves = |byte: u8| [byte >> 4, byte & 0x0f];
    let head = core::iter::once(4).chain(halves(bytes.len() as u8));
    let nibbles = head.chain(bytes.iter().copied().flat_map(halves)).chain([0]);
    let nibbles: Vec<u8> = nibbles.collect();
    let pairs = nibbles.chunks(2).map(|pair| pair.iter().fold(0, |byte, half| byte << 4 | half));
    let mut data: Vec<u8> = pairs.collect();
    data.extend([0xec, 0x11].iter().cycle().take(room - data.len()));
    let generator = generator(version.correction);
    let blocks: Vec<&[u8]> = data.chunks(version.data).collect();
    let corrections: Vec<Vec<u8>> = blocks.iter().map(|it| correction(it, &generator)).collect();
    let woven = (0..version.data).flat_map(|at| blocks.iter().filter_map(move |it| it.get(at)));
    let behind =
        (0..version.correction).flat_map(|at| corrections.iter().filter_map(move |it| it.get(at)));
    woven.chain(behind).copied().collect()
}

/// The generator polynomial of this degree, highest power first and without its leading 1: the
/// product of all `x - 2^i`.
fn generator(degree: usize) -> Vec<u8> {
    let mut product = vec![0u8; degree];
    if let Some(last) = product.last_mut() {
        *last = 1;
    }
    let mut root = 1;
    for _ in 0..degree {
        for at in 0..degree {
            let next = product.get(at + 1).copied().unwrap_or(0);
            if let Some(term) = product.get_mut(at) {
                *term = times(*term, root) ^ next;
            }
        }
        root = times(root, 2);
    }
    product
}

/// What is left of a block divided by the generator.
fn correction(block: &[u8], generator: &[u8]) -> Vec<u8> {
    let mut rest = vec![0u8; generator.len()];
    for byte in block {
        let factor = byte ^ rest.first().copied().unwrap_or(0);
        rest.rotate_left(1);
        if let Some(last) = rest.last_mut() {
            *last = 0;
        }
        for (term, of) in rest.iter_mut().zip(generator) {
            *term ^= times(*of, factor);
        }
    }
    rest
}

/// A product in the field.
fn times(one: u8, other: u8) -> u8 {
    let mut product: u16 = 0;
    for bit in (0..8).rev() {
        product <<= 1;
        if product & 0x100 != 0 {
            product ^= FIELD;
        }
        if other >> bit & 1 == 1 {
            product ^= u16::from(one);
        }
    }
    product as u8
}
