// kind: point
// param: table table
// param: way vec3
// The table of a look by its name, whose side is known beforehand: of `way`, how much of it (x), and what a level of red or
// green is across it (y) behind the middle of the first (z). Asking a texture for its side costs software as much as three filters.
vec4 lut_named(vec4 color, vec2 uv, sampler2D table, vec3 way) {
    float level = floor(color.b * 255.0 + 0.5);
    float row = floor(level / 16.0);
    vec2 place = vec2(level / 16.0 - row, row / 16.0) + color.rg * way.y + way.z;
    return vec4(mix(color.rgb, texture(table, place).rgb, way.x), color.a);
}
