uniform float f1_amount;
uniform float f2_red;
uniform float f2_green;
uniform float f2_blue;
uniform float f6_amount;
uniform float f7_amount;
uniform float f8_amount;
uniform float f3_amount;
flat out vec3 f1_by;
flat out vec3 f1_plus;
flat out vec3 f1_low;
flat out vec3 f1_high;
flat out vec3 f6_by;
flat out vec3 f6_plus;
flat out vec3 f6_low;
flat out vec3 f6_high;
flat out float f3_amount_flat;

vec4 brightness(vec4 color, vec2 uv, float amount) {
    return vec4(color.rgb + amount, color.a);
}

vec4 rgb_gain(vec4 color, vec2 uv, float red, float green, float blue) {
    return vec4(color.rgb * vec3(red, green, blue), color.a);
}

vec4 invert(vec4 color, vec2 uv, float amount) {
    return vec4(mix(color.rgb, 1.0 - color.rgb, amount), color.a);
}

vec4 contrast(vec4 color, vec2 uv, float amount) {
    return vec4((color.rgb - 0.5) * (1.0 + amount) + 0.5, color.a);
}

void main() {
    lay();
    f3_amount_flat = f3_amount;
    vec4 zero, one, low, high;
    low = zero = vec4(0.0, 0.0, 0.0, 1.0);
    high = one = vec4(1.0);
    zero = brightness(zero, v_uv, f1_amount);
    one = brightness(one, v_uv, f1_amount);
    low = clamp(brightness(low, v_uv, f1_amount), 0.0, 1.0);
    high = clamp(brightness(high, v_uv, f1_amount), 0.0, 1.0);
    zero = rgb_gain(zero, v_uv, f2_red, f2_green, f2_blue);
    one = rgb_gain(one, v_uv, f2_red, f2_green, f2_blue);
    low = clamp(rgb_gain(low, v_uv, f2_red, f2_green, f2_blue), 0.0, 1.0);
    high = clamp(rgb_gain(high, v_uv, f2_red, f2_green, f2_blue), 0.0, 1.0);
    f1_by = one.rgb - zero.rgb;
    f1_plus = zero.rgb;
    f1_low = min(low, high).rgb;
    f1_high = max(low, high).rgb;
    low = zero = vec4(0.0, 0.0, 0.0, 1.0);
    high = one = vec4(1.0);
    zero = invert(zero, v_uv, f6_amount);
    one = invert(one, v_uv, f6_amount);
    low = clamp(invert(low, v_uv, f6_amount), 0.0, 1.0);
    high = clamp(invert(high, v_uv, f6_amount), 0.0, 1.0);
    zero = contrast(zero, v_uv, f7_amount);
    one = contrast(one, v_uv, f7_amount);
    low = clamp(contrast(low, v_uv, f7_amount), 0.0, 1.0);
    high = clamp(contrast(high, v_uv, f7_amount), 0.0, 1.0);
    zero = brightness(zero, v_uv, f8_amount);
    one = brightness(one, v_uv, f8_amount);
    low = clamp(brightness(low, v_uv, f8_amount), 0.0, 1.0);
    high = clamp(brightness(high, v_uv, f8_amount), 0.0, 1.0);
    f6_by = one.rgb - zero.rgb;
    f6_plus = zero.rgb;
    f6_low = min(low, high).rgb;
    f6_high = max(low, high).rgb;
}
