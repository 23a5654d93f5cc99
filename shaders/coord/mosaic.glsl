// kind: coord
// category: effect
// label: Honeycomb mosaic / 蜂窝马赛克
// param: size_of_cell number 4 100 24 / Size / 大小
// Hexagons of one colour each, that of their middle. Their middles are those of two grids of oblongs, one shifted by
// half a cell: the nearer one is the hexagon that a point lies in.
vec2 mosaic(vec2 uv, vec2 size, float size_of_cell) {
    vec2 grid = vec2(1.0, 1.7320508) * size_of_cell * min(size.x, size.y) / 720.0;
    vec2 p = uv * size;
    vec2 a = (floor(p / grid) + 0.5) * grid;
    vec2 b = (floor(p / grid + 0.5)) * grid;
    vec2 middle = distance(p, a) < distance(p, b) ? a : b;
    return clamp(middle / size, 0.0, 1.0);
}
