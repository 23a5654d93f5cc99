// kind: point
// category: colour
// label: False colour / 伪彩
// param: dark colour #001a66 / Dark / 暗部
// param: bright colour #ffd24d / Bright / 亮部
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// Brightness as a way from one colour to another.
vec4 false_colour(vec4 color, vec2 uv, vec3 dark, vec3 bright, float amount) {
    float y = dot(color.rgb, vec3(0.2126, 0.7152, 0.0722));
    return vec4(mix(color.rgb, mix(dark, bright, y), amount), color.a);
}
