// kind: point
// category: look
// label: Look / 滤镜
// param: table table / Table / 查找表
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// identity: table=none
// A colour for each colour, from a 64 x 64 x 64 table laid out as 8 x 8 tiles: red to the right and green downwards in
// a tile, blue from tile to tile. Between the two nearest tiles it is mixed here, within one by the sampler.
vec4 lut(vec4 color, vec2 uv, sampler2D table, float amount) {
    vec3 c = color.rgb * 63.0;
    vec2 level = min(floor(c.b), 62.0) + vec2(0.0, 1.0);
    vec2 row = floor(level / 8.0);
    vec2 column = level - row * 8.0;
    vec2 inner = (c.rg + 0.5) / 512.0;
    vec3 a = texture(table, vec2(column.x, row.x) / 8.0 + inner).rgb;
    vec3 b = texture(table, vec2(column.y, row.y) / 8.0 + inner).rgb;
    return vec4(mix(color.rgb, mix(a, b, c.b - level.x), amount), color.a);
}
