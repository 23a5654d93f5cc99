// kind: point
// category: look
// label: Look / 滤镜
// param: table table / Table / 查找表
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// identity: table=none
// A colour for each colour, from 16 x 16 tiles, one for each of 256 levels of blue: red to the right and green downwards in a
// tile, any number of steps. One read, which mixes within the tile, where a table with as few tiles as steps takes two.
vec4 lut(vec4 color, vec2 uv, sampler2D table, float amount) {
    float side = float(textureSize(table, 0).x);
    float level = floor(color.b * 255.0 + 0.5);
    float row = floor(level / 16.0);
    vec2 inner = (color.rg * (side / 16.0 - 1.0) + 0.5) / side;
    vec3 found = texture(table, vec2(level / 16.0 - row, row / 16.0) + inner).rgb;
    return vec4(mix(color.rgb, found, amount), color.a);
}
