// kind: area
// category: effect
// label: Oil painting / 油画
// param: radius number 1 8 4 / Radius / 半径
// The mean of that one of the four corners around which varies least (Kuwahara, 1976): flat strokes with sharp borders.
// Each corner is a grid of 4 x 4 taps, spread over the radius in pixels of a picture whose shorter side has 720.
vec4 kuwahara(sampler2D src, vec2 uv, vec2 texel, float radius) {
    vec2 unit = texel * max(radius / (720.0 * max(texel.x, texel.y)), 1.0) / 3.0;
    vec3 best = vec3(0.0);
    float least = 1e9;
    for (int corner = 0; corner < 4; corner++) {
        vec2 way = vec2(corner % 2 == 0 ? -1.0 : 1.0, corner < 2 ? -1.0 : 1.0) * unit;
        vec3 sum = vec3(0.0);
        vec3 squares = vec3(0.0);
        for (int i = 0; i < 16; i++) {
            vec3 tap = texture(src, uv + vec2(float(i % 4), float(i / 4)) * way).rgb;
            sum += tap;
            squares += tap * tap;
        }
        sum /= 16.0;
        vec3 spread = squares / 16.0 - sum * sum;
        float total = spread.r + spread.g + spread.b;
        best = total < least ? sum : best;
        least = min(total, least);
    }
    return vec4(best, texture(src, uv).a);
}
