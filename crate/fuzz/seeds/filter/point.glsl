// kind: point
// category: colour, look
// label: Point / 点
// param: amount number -1 1 0.25 / Amount / 强度
// param: tint colour #ff8000 / Tint / 色调
// param: mode choice add|mix add / Mode / 模式
// param: levels curve / Levels / 曲线
// param: colours table / Colours / 查找表
// identity: amount=0 mode=add
// identity: levels=none colours=none
const float POINT_HALF = 0.5;

// Another level.
float point_level(sampler2D levels, float level) {
    return texture(levels, vec2(level * (255.0 / 256.0) + POINT_HALF / 256.0, 0.5)).r; /* the middle
    of a texel */
}

vec4 point(vec4 color, vec2 uv, float amount, vec3 tint, int mode, sampler2D levels, sampler2D colours, float time) {
    vec3 other = vec3(point_level(levels, color.r)) + texture(colours, color.rg).rgb * fract(time);
    return vec4(mode == 0 ? other + tint * amount : mix(other, tint, amount), color.a);
}
