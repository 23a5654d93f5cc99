// kind: point
// category: colour
// label: Vibrance / 自然饱和度
// param: amount number -1 1 0 / Amount / 强度
// identity: amount=0
// flat: params
// Saturation for pale colours: the stronger a colour is already, the less it changes.
vec4 vibrance(vec4 color, vec2 uv, float amount) {
    float high = max(color.r, max(color.g, color.b));
    float low = min(color.r, min(color.g, color.b));
    float grey = dot(color.rgb, vec3(0.2126, 0.7152, 0.0722));
    return vec4(grey + (color.rgb - grey) * (1.0 + amount * (1.0 - (high - low))), color.a);
}
