// kind: point
// category: colour
// label: Monochrome / 单色
// param: tint colour #c9a06a / Colour / 颜色
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// Shades of one colour: dark ones towards black, light ones towards white, the colour itself at its own brightness.
vec4 monochrome(vec4 color, vec2 uv, vec3 tint, float amount) {
    const vec3 weights = vec3(0.2126, 0.7152, 0.0722);
    float y = dot(color.rgb, weights);
    float own = clamp(dot(tint, weights), 0.02, 0.98);
    vec3 shade = y < own ? tint * (y / own) : mix(tint, vec3(1.0), (y - own) / (1.0 - own));
    return vec4(mix(color.rgb, shade, amount), color.a);
}
