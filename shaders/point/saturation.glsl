// kind: point
// category: colour
// label: Saturation / 饱和度
// param: amount number -1 1 0 / Amount / 强度
// identity: amount=0
// flat: params
// Away from the grey of the same brightness (ITU-R BT.709 weights), or towards it.
vec4 saturation(vec4 color, vec2 uv, float amount) {
    float grey = dot(color.rgb, vec3(0.2126, 0.7152, 0.0722));
    return vec4(grey + (color.rgb - grey) * (1.0 + amount), color.a);
}
