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
    vec3 c = clamp(color.rgb, 0.0, 1.0) * 63.0;
    float low = min(floor(c.b), 62.0);
    vec2 tile = vec2(mod(low, 8.0), floor(low / 8.0));
    vec2 next = vec2(mod(low + 1.0, 8.0), floor((low + 1.0) / 8.0));
    vec2 inner = c.rg + 0.5;
    vec3 a = texture(table, (tile * 64.0 + inner) / 512.0).rgb;
    vec3 b = texture(table, (next * 64.0 + inner) / 512.0).rgb;
    return vec4(mix(color.rgb, mix(a, b, c.b - low), amount), color.a);
}
