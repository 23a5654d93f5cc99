// kind: point
// param: table table
// param: amount float
// flat: params
// The table of a look by its name, whose side is known: 16 tiles of 32 steps. Asking a texture for its side costs software as
// much as three filters. See lut.glsl for how it lies.
vec4 lut_named(vec4 color, vec2 uv, sampler2D table, float amount) {
    // In rows of tiles.
    float level = floor(color.b * 255.0 + 0.5) * 0.0625;
    float row = floor(level);
    vec2 place = vec2(level - row, row * 0.0625) + color.rg * (31.0 / 512.0) + 0.5 / 512.0;
    return vec4(mix(color.rgb, texture(table, place).rgb, amount), color.a);
}
