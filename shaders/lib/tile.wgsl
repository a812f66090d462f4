// uses:
// A tile of a product for GPUs: a workgroup of 16 RY makes (4 RY TM) rows x (64 TN) columns of it, slice by slice of depth BK. A kernel asks where its
// tile lies, puts a slice of both operands into shared memory, by four rows or columns a vector, zeros past the depth, adds it to its sums between two
// barriers, and stores them. An invocation holds TM x TN blocks of 4 x 4.
const TM: u32 = 1u;
const TN: u32 = 1u;
const BK: u32 = 16u;
// rows of invocations: 16, or 8 where half a tile of 64 rows would be empty
const RY: u32 = 16u;
// vectors of the left and of the right operand at one depth, and of the right one those that an invocation fetches for a slice
const LEFT: u32 = RY * TM;
const RIGHT: u32 = 16u * TN;
const FN: u32 = RIGHT / RY;

alias Block = array<array<vec4<f32>, TN>, 4u * TM>;

// Vector q of depth k lies at left_of(k, q) or right_of(k, q): neighbours along k, 256 bytes apart, would meet in the same banks, so each depth has
// the eight vectors of a row of banks in an order of its own.
var<workgroup> left: array<vec4<f32>, BK * LEFT>;
var<workgroup> right: array<vec4<f32>, BK * RIGHT>;

fn left_of(k: u32, q: u32) -> u32 { return k * LEFT + (q ^ (k & 7u)); }
fn right_of(k: u32, q: u32) -> u32 { return k * RIGHT + (q ^ (k & 7u)); }

// First row and column of a workgroup's tile, and which of the groups, each of rows x cols, it belongs to: `groups` where there is none.
struct Corner { row: u32, column: u32, group: u32 }
fn corner_of(tile: u32, rows: u32, cols: u32) -> Corner {
  let across = (cols + 4u * RIGHT - 1u) / (4u * RIGHT);
  let down = (rows + 4u * LEFT - 1u) / (4u * LEFT);
  let t = tile / across;
  return Corner((t % down) * 4u * LEFT, (tile % across) * 4u * RIGHT, t / down);
}

// The depths of a slice, in order.
fn add_slice(sums: ptr<function, Block>, lid: u32) {
  for (var k = 0u; k < BK; k++) {
    var r: array<vec4<f32>, TN>;
    for (var j = 0u; j < TN; j++) { r[j] = right[right_of(k, 16u * j + lid % 16u)]; }
    for (var i = 0u; i < TM; i++) {
      let l = left[left_of(k, RY * i + lid / 16u)];
      for (var j = 0u; j < TN; j++) {
        (*sums)[4u * i][j] = fma(vec4<f32>(l.x), r[j], (*sums)[4u * i][j]);
        (*sums)[4u * i + 1u][j] = fma(vec4<f32>(l.y), r[j], (*sums)[4u * i + 1u][j]);
        (*sums)[4u * i + 2u][j] = fma(vec4<f32>(l.z), r[j], (*sums)[4u * i + 2u][j]);
        (*sums)[4u * i + 3u][j] = fma(vec4<f32>(l.w), r[j], (*sums)[4u * i + 3u][j]);
      }
    }
  }
}

// Where an invocation's sum [i][j / 4][j % 4] belongs.
fn row_of(c: Corner, i: u32, lid: u32) -> u32 { return c.row + (i / 4u) * 4u * RY + 4u * (lid / 16u) + i % 4u; }
fn column_of(c: Corner, j: u32, lid: u32) -> u32 { return c.column + (j / 4u) * 64u + 4u * (lid % 16u) + j % 4u; }
