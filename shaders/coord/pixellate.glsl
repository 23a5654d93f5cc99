// kind: coord
// category: effect
// label: Pixellate / 像素化
// param: size_of_cell number 2 80 16 / Size / 大小
// Squares of one colour each, that of their middle; their side in pixels of a picture whose shorter side has 720.
vec2 pixellate(vec2 uv, vec2 size, float size_of_cell) {
    vec2 cell = size_of_cell * min(size.x, size.y) / 720.0 / size;
    return min((floor(uv / cell) + 0.5) * cell, 1.0);
}
